"""The MD5 of static/hrassist/js/md5.js against RFC 1321 and against Python's."""

import hashlib

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# RFC 1321, appendix A.5.
VECTORS = {
    "": "d41d8cd98f00b204e9800998ecf8427e",
    "a": "0cc175b9c0f1b6a831c399e269772661",
    "abc": "900150983cd24fb0d6963f7d28e17f72",
    "message digest": "f96b697d7cb7938d525a2f31aaf161d0",
    "abcdefghijklmnopqrstuvwxyz": "c3fcd3d76192e4007dfb496cca67e13b",
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789": "d174ab98d277d9f5a5611c2c9f419d9f",
    "1234567890" * 8: "57edf4a22be3c955ac49da2e2107b67a",
}
DIGEST = """async ([bytes, step]) => {
  const { Md5, toHex } = await import("/static/hrassist/js/md5.js");
  const md5 = new Md5();
  const whole = Uint8Array.from(bytes);
  for (let at = 0; at < whole.length; at += step) md5.update(whole.subarray(at, at + step));
  return toHex(md5.digest());
}"""


@pytest.fixture
def digest(new_context):
    page = new_context().new_page()
    page.goto("/login/")
    return lambda data, step: page.evaluate(DIGEST, [list(data), step])


def test_the_vectors_of_the_standard(digest):
    assert {text: digest(text.encode(), 1000) for text in VECTORS} == VECTORS


def test_every_length_around_a_block_in_pieces_of_every_size(digest):
    for length in (1, 55, 56, 57, 63, 64, 65, 119, 120, 128, 1000):
        data = bytes(number * 7 % 256 for number in range(length))
        for step in (1, 13, 64, 100):
            assert digest(data, step) == hashlib.md5(data, usedforsecurity=False).hexdigest()
