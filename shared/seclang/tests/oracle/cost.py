"""CPU microseconds a request of libmodsecurity, on the requests and with the rule set of the benchmark.

Usage: CRS=<folder> [PARANOIA=1] python cost.py [seconds a request]
       CRS=<folder> [PARANOIA=1] python cost.py serve: the name of a request on each line of the input is measured for a batch

It needs the package `libmodsecurity` (3.0.15).
"""
import glob
import json
import os
import pathlib
import sys
import time

from libmodsecurity import ModSecurity, RulesSet, Transaction

HERE = pathlib.Path(__file__).parent
DATA = HERE.parent.parent / 'benches/crs'
CRS = os.environ['CRS']
# Seconds of CPU time a batch.
BATCH = 0.15


def rules():
    texts = [(HERE.parent / 'crs/recommended.conf').read_text().replace(' unicode.mapping ', f' {CRS}/unicode.mapping '),
             (DATA / 'engine.conf').read_text(), f'Include {CRS}/crs-setup.conf.example',
             f'SecAction "id:1,phase:1,pass,nolog,setvar:tx.blocking_paranoia_level={os.environ.get("PARANOIA", "1")}"',
             *(f'Include {name}' for name in sorted(glob.glob(CRS + '/rules/*.conf')))]
    # The data files are named relative to their rules.
    os.chdir(CRS + '/rules')
    ready = RulesSet()
    if ready.load('\n'.join(texts) + '\n') < 0:
        sys.exit(ready.get_parser_error())
    return ready


def form(fields, fewest, least):
    body, number = '', 0
    while number < fewest or len(body) < least:
        name, value = fields[number % len(fields)]
        body += f'{"&" if number else ""}{name}{number}={value}'
        number += 1
    return body


def requests():
    data = json.loads((DATA / 'requests.json').read_text())
    sizes = [{'name': f'form, {size} bytes', 'method': 'POST', 'target': '/orders', 'type': 'application/x-www-form-urlencoded',
              'form': {'bytes': size}} for size in data['sizes']]
    for request in data['requests'] + sizes + data['attacks']:
        body = request.get('body', '')
        if 'form' in request:
            body = form(data['fields'], request['form'].get('fields', 0), request['form'].get('bytes', 0))
        headers = list(data['headers'])
        if 'type' in request:
            headers += [['Content-Type', request['type']], ['Content-Length', str(len(body.encode()))]]
        yield request['name'], request['method'], request['target'], headers, body.encode()


def transact(engine, ready, method, target, headers, body):
    transaction = Transaction(engine, ready)
    transaction.process_connection('192.0.2.7', 40000, '127.0.0.1', 80)
    transaction.process_uri(target, method, '1.1')
    for name, value in headers:
        transaction.add_request_header(name, value)
    transaction.process_request_headers()
    stopped = transaction.intervention() is not None
    if not stopped:
        if body:
            transaction.append_request_body(body)
        transaction.process_request_body()
        stopped = transaction.intervention() is not None
    if not stopped:
        transaction.add_response_header('Content-Type', 'text/html; charset=utf-8')
        transaction.add_response_header('Content-Length', '512')
        transaction.process_response_headers(200, 'HTTP/1.1')
        transaction.process_response_body()
    transaction.process_logging()
    return stopped


def batch(engine, ready, request):
    """Microseconds a request, of a batch: one request at its luckiest says little."""
    begin, count = time.process_time(), 0
    while time.process_time() - begin < BATCH:
        transact(engine, ready, *request)
        count += 1
    return (time.process_time() - begin) / count * 1e6


def main():
    engine = ModSecurity()
    engine.set_log_callback(lambda _: None)
    ready = rules()
    named = {name: request for name, *request in requests()}
    if sys.argv[1:] == ['serve']:
        for line in sys.stdin:
            print(batch(engine, ready, named[line.strip()]), flush=True)
        return
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 2
    for name, request in named.items():
        times, begun = [], time.process_time()
        while len(times) < 3 or time.process_time() - begun < seconds:
            times.append(batch(engine, ready, request))
        times.sort()
        stopped = 'is stopped' if transact(engine, ready, *request) else 'passes'
        print(f'{name:24} {times[len(times) // 2]:10.0f} {times[0]:10.0f}  {stopped}', flush=True)


if __name__ == '__main__':
    main()
