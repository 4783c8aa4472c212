"""The reference engine, in process: one operator on one value, its verdict and what it captures."""
from libmodsecurity import ModSecurity, RulesSet, Transaction

SETUP = 'SecRuleEngine On\nSecRequestBodyAccess On\nSecRequestBodyLimit 100000000\nSecRequestBodyNoFilesLimit 100000000\n'
CAPTURES = 12


class Refused(Exception):
    """The reference does not load the rule."""


class Operator:
    """`text` is what stands in the operator's quotes; `before` are rules that run first (they may set TX)."""

    def __init__(self, text, before='', capture=True):
        quoted = text.replace('"', '\\"')
        self.engine = ModSecurity()
        self.engine.set_log_callback(lambda _: None)
        self.rules = RulesSet()
        rules = (SETUP + before +
                 f'\nSecRule ARGS_POST:v "{quoted}" "id:1,phase:2,pass,log,msg:\'hit\'{",capture" if capture else ""},t:none"\n' +
                 # One rule a number: a rule that several members match leaves one message only.
                 ''.join(f'SecRule TX:{n} "@unconditionalMatch" "id:{10 + n},phase:2,pass,log,t:none,t:hexEncode,'
                         'logdata:\'%{MATCHED_VAR}\'"\n' for n in range(CAPTURES)))
        if self.rules.load(rules) < 0:
            raise Refused(self.rules.get_parser_error())

    def test(self, value: bytes):
        """Whether it matches, and TX:0.. as a dictionary from number to bytes."""
        transaction = Transaction(self.engine, self.rules)
        transaction.process_connection('127.0.0.1', 1, '127.0.0.1', 80)
        transaction.process_uri('/', 'POST', '1.1')
        transaction.add_request_header('Content-Type', 'application/x-www-form-urlencoded')
        transaction.process_request_headers()
        transaction.append_request_body(b'v=' + ''.join('%%%02x' % byte for byte in value).encode())
        transaction.process_request_body()
        hit, captures = False, {}
        for message in transaction.get_rule_messages():
            if message.rule_id == 1:
                hit = True
            elif message.rule_id >= 10:
                captures[message.rule_id - 10] = bytes.fromhex(message.data)
        return hit, captures
