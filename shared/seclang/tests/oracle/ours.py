"""This engine's operators: a program that reads a case a line and answers a line."""
import os
import subprocess


class Ours:
    def __init__(self):
        self.program = subprocess.Popen([os.environ['SERVE']], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def test(self, name: str, argument: bytes, value: bytes):
        """What the reference's `test` answers, or the message of a refusal."""
        self.program.stdin.write(f'{name}\t{argument.hex()}\t{value.hex()}\n'.encode())
        self.program.stdin.flush()
        answer = self.program.stdout.readline().decode().rstrip('\n').split('\t')
        if answer[0] == 'error':
            return answer[1]
        captures = {}
        for pair in filter(None, ''.join(answer[1:2]).split(',')):
            group, _, text = pair.partition('=')
            captures[int(group)] = bytes.fromhex(text)
        return answer[0] == '1', captures
