"""The passport file: what any change to it does, and what reading strangers' bytes does not do."""

import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.canonical import canonical
from app.kernel.errors import Refused
from app.robots.passportfile import MAX_BYTES, Findings, Signature, build, verify


@dataclass(frozen=True)
class SharedKey:
    """Stands for a key pair: the file does not care which algorithm its key has."""

    secret: bytes = b"only in tests"
    key: str = "store-1"
    algorithm: str = "HMAC-SHA256"

    def sign(self, message: bytes) -> bytes:
        return hmac.digest(self.secret, message, hashlib.sha256)

    def is_valid(self, message: bytes, signature: bytes) -> bool:
        return hmac.compare_digest(self.sign(message), signature)


KEY = SharedKey()
PASSPORT: dict[str, object] = {
    "maker": "Unitree",
    "serial": "DEMO-007",
    "model": "G1",
    "owner_since": date(2025, 3, 14),
    "timeline": [
        {"at": datetime(2025, 3, 2, 9, 30, tzinfo=UTC), "what": "received"},
        {"at": datetime(2025, 3, 14, 10, 0, tzinfo=UTC), "what": "handed over", "to": "Müller"},
        {"at": datetime(2025, 9, 2, 11, 0, tzinfo=UTC), "what": "part swapped", "slot": "手"},
    ],
}
FILE = build(PASSPORT, KEY)


def changed(change: Callable[[Any], object]) -> Findings:
    document = json.loads(FILE)
    change(document)
    return verify(canonical(document), KEY)


def test_a_file_as_it_was_made_is_sound() -> None:
    findings = verify(FILE, KEY)

    assert findings.sound
    assert findings.problems == ()
    assert findings.passport["serial"] == "DEMO-007"
    assert len(findings.entries) == 3
    assert len(findings.head) == 64


def test_equal_passports_make_equal_bytes() -> None:
    turned = dict(reversed(PASSPORT.items()))

    assert build(turned, KEY) == FILE


def test_spaces_and_order_of_keys_do_not_matter() -> None:
    pretty = json.dumps(dict(reversed(json.loads(FILE).items())), indent=2, ensure_ascii=True)

    assert verify(pretty.encode(), KEY).sound


def test_a_robot_without_a_past_has_a_passport() -> None:
    assert verify(build(PASSPORT | {"timeline": []}, KEY), KEY).sound


def test_a_changed_entry_is_named_alone() -> None:
    findings = changed(lambda file: file["timeline"][1]["entry"].update(to="Meier"))

    assert [problem.where for problem in findings.problems] == ["timeline[1]"]
    assert str(findings.problems[0].sentence) == "Entry 2 was changed, moved or put in."
    assert findings.signature is Signature.INVALID


@pytest.mark.parametrize(
    ("change", "where"),
    [
        (lambda file: file["timeline"].pop(), ["head"]),
        (lambda file: file["timeline"].pop(0), ["timeline[0]"]),
        (lambda file: file["timeline"].reverse(), ["timeline[0]", "timeline[1]", "timeline[2]",
                                                        "head"]),
        (lambda file: file["timeline"].insert(1, file["timeline"][0]), ["timeline[1]"]),
        (lambda file: file["timeline"][0].pop("hash"), ["timeline[0]", "timeline[1]"]),
        (lambda file: file["timeline"].append("and more"), ["timeline[3]"]),
        (lambda file: file.update(head="0" * 64), ["head"]),
        (lambda file: file["passport"].update(serial="DEMO-008"), ["timeline[0]"]),
        (lambda file: file["passport"].pop("maker"), ["passport"]),
    ],
)  # fmt: skip
def test_a_chain_that_was_touched_does_not_hold(
    change: Callable[[Any], object], where: list[str]
) -> None:
    findings = changed(change)

    assert [problem.where for problem in findings.problems] == where
    assert not findings.sound


def test_what_stands_outside_the_chain_is_held_by_the_signature() -> None:
    findings = changed(lambda file: file["passport"].update(model="H1"))

    assert findings.chain_holds
    assert findings.signature is Signature.INVALID
    assert not findings.sound


def test_a_timeline_does_not_fit_another_robot() -> None:
    other = json.loads(build(PASSPORT | {"serial": "DEMO-7"}, KEY))

    findings = changed(lambda file: file.update(timeline=other["timeline"], head=other["head"]))

    assert [problem.where for problem in findings.problems] == ["timeline[0]"]


@pytest.mark.parametrize(
    ("data", "key", "expected"),
    [
        (build(PASSPORT, None), KEY, Signature.ABSENT),
        (FILE, None, Signature.NOT_CHECKED),
        (FILE, SharedKey(key="store-2"), Signature.OTHER_KEY),
        (FILE, SharedKey(algorithm="Ed25519"), Signature.OTHER_KEY),
        (FILE, SharedKey(secret=b"another"), Signature.INVALID),
    ],
)
def test_only_the_right_key_makes_a_file_sound(
    data: bytes, key: SharedKey | None, expected: Signature
) -> None:
    findings = verify(data, key)

    assert findings.signature is expected
    assert findings.chain_holds
    assert not findings.sound


@pytest.mark.parametrize(
    "signature",
    ["text", {}, {"algorithm": "HMAC-SHA256", "key": "store-1", "value": "?"},
     {"algorithm": "HMAC-SHA256", "key": "store-1", "value": ""}, [1], True],
)  # fmt: skip
def test_a_signature_of_another_shape_is_invalid(signature: object) -> None:
    assert changed(lambda file: file.update(signature=signature)).signature is Signature.INVALID


@pytest.mark.parametrize(
    "data",
    [
        b"", b"null", b"[]", b"{}", b"\xff\xfe", b"[" * 200_000, b'{"a":' * 200_000,
        FILE[:-1], FILE + b"x", FILE.replace(b'"version":1', b'"version":2'),
        FILE.replace(b'"version":1', b'"version":1.0'),
        FILE.replace(b'"version":1', b'"version":1,"version":1'),
        FILE.replace(b'"version":1', b'"version":1,"more":1'),
        FILE.replace(b'"version":1', b'"version":NaN'),
        FILE.replace(b'"G1"', b'"\\ud800"'), FILE.replace(b'"G1"', b"1" * 5000),
        b" " * (MAX_BYTES + 1),
    ],
    ids=range(17),
)  # fmt: skip
def test_what_is_no_passport_file_is_a_finding(data: bytes) -> None:
    findings = verify(data, KEY)

    assert not findings.sound
    assert len(findings.problems) == 1
    assert findings.passport == {}


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_no_bytes_make_verify_raise(data: bytes) -> None:
    assert not verify(data, KEY).sound


@given(st.integers(min_value=0, max_value=len(FILE) - 1), st.integers(min_value=0, max_value=255))
def test_no_single_byte_can_be_changed_unseen(position: int, byte: int) -> None:
    data = bytearray(FILE)
    data[position] = byte

    sound = verify(bytes(data), KEY).sound
    assert not sound or json.loads(bytes(data)) == json.loads(FILE)


@pytest.mark.parametrize("missing", ["maker", "serial", "timeline"])
def test_a_passport_of_nobody_is_refused(missing: str) -> None:
    with pytest.raises(Refused, match="needs a maker"):
        build({name: value for name, value in PASSPORT.items() if name != missing}, KEY)


def test_one_signature_has_one_writing() -> None:
    """Base64 leaves bits of the last sign unused; a file that plays with them is not the file."""
    value = json.loads(FILE)["signature"]["value"]
    last = value[-2]
    twin = value[:-2] + chr(ord(last) + 1) + "="

    findings = changed(lambda file: file["signature"].update(value=twin))

    assert findings.signature is Signature.INVALID


def test_a_float_is_refused_since_it_has_no_one_writing() -> None:
    with pytest.raises(TypeError):
        build(PASSPORT | {"hours": 1.5}, KEY)
