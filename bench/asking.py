"""Customers who ask whether their repair has moved, in a process that does nothing else.

python -m bench.asking PORT POLLS_A_SECOND SECONDS < addresses

Says `ready`, waits for a line, and says what came of it as JSON: how many were answered in time,
how many wrongly, and the seconds of each from when it was due.
"""

import json
import re
import socket
import sys
import time
from concurrent.futures import ThreadPoolExecutor

_MOST_BYTES = 65_536
_LENGTH = re.compile(rb"(?i)content-length: *([0-9]+)")


def main() -> None:
    port, rate, seconds = int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])
    addresses = json.loads(sys.stdin.readline())
    asked = [
        f"GET {address} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode()
        for address in addresses
    ]
    lines = [socket.create_connection(("127.0.0.1", port), timeout=30) for _ in asked]
    print("ready", flush=True)
    sys.stdin.readline()
    starts = time.perf_counter()
    with ThreadPoolExecutor(len(lines)) as pool:
        every = len(lines)
        told = pool.map(
            lambda first: _ask(
                lines[first],
                asked[first],
                dues=[starts + one / rate for one in range(first, int(rate * seconds), every)],
            ),
            range(every),
        )
        answers = [answer for of_one in told for answer in of_one]
    took = max(time.perf_counter() - starts, seconds)
    wrong = sum(not is_right for _, is_right in answers)
    taken = [seconds_ for seconds_, _ in answers]
    print(json.dumps({"rate": len(taken) / took, "wrong": wrong, "taken": taken}), flush=True)


def _ask(line: socket.socket, request: bytes, *, dues: list[float]) -> list[tuple[float, bool]]:
    """One customer, who asks again and again: seconds, and whether it was answered rightly."""
    done = []
    for due in dues:
        time.sleep(max(due - time.perf_counter(), 0))
        line.sendall(request)
        is_right = _answer(line).startswith(b"HTTP/1.1 200 ")
        done.append((time.perf_counter() - due, is_right))
    return done


def _answer(line: socket.socket) -> bytes:
    """One answer to its last byte, as its header says."""
    read = b""
    while True:
        head, ended, body = read.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if ended and length is not None and len(body) >= int(length[1]):
            return read
        more = line.recv(_MOST_BYTES)
        if not more:
            return read
        read += more


if __name__ == "__main__":
    main()
