"""Where a message may go: both edges of every special range, and every odd spelling we know."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spec_notify.core.addresses import RANGES, Range, check_url, judge_address

OPEN, PRIVATE, NEVER = "open", "private", "never"

# One line per range: what stands just below, its first and last address, what stands just above.
EDGES = """
0.0.0.0          never    0.255.255.255    never    1.0.0.0          open
9.255.255.255    open     10.0.0.0         private  10.255.255.255   private  11.0.0.0         open
100.63.255.255   open     100.64.0.0       private  100.127.255.255  private  100.128.0.0      open
100.100.100.199  private  100.100.100.200  never    100.100.100.201  private
126.255.255.255  open     127.0.0.0        private  127.255.255.255  private  128.0.0.0        open
168.63.129.15    open     168.63.129.16    never    168.63.129.17    open
169.253.255.255  open     169.254.0.0      never    169.254.255.255  never    169.255.0.0      open
172.15.255.255   open     172.16.0.0       private  172.31.255.255   private  172.32.0.0       open
191.255.255.255  open     192.0.0.0        never    192.0.0.255      never    192.0.1.0        open
192.0.1.255      open     192.0.2.0        never    192.0.2.255      never    192.0.3.0        open
192.31.195.255   open     192.31.196.0     never    192.31.196.255   never    192.31.197.0     open
192.52.192.255   open     192.52.193.0     never    192.52.193.255   never    192.52.194.0     open
192.88.98.255    open     192.88.99.0      never    192.88.99.255    never    192.88.100.0     open
192.167.255.255  open     192.168.0.0      private  192.168.255.255  private  192.169.0.0      open
192.175.47.255   open     192.175.48.0     never    192.175.48.255   never    192.175.49.0     open
198.17.255.255   open     198.18.0.0       never    198.19.255.255   never    198.20.0.0       open
198.51.99.255    open     198.51.100.0     never    198.51.100.255   never    198.51.101.0     open
203.0.112.255    open     203.0.113.0      never    203.0.113.255    never    203.0.114.0      open
223.255.255.255  open     224.0.0.0        never    239.255.255.255  never
240.0.0.0        never    255.255.255.254  never    255.255.255.255  never
169.254.169.254  never    169.254.170.2    never    127.0.0.1  private
8.8.8.8          open     1.1.1.1          open     93.184.215.14    open     172.217.0.1      open
::               never    ::1              private  ::2              never
100::            never    100::ffff:ffff:ffff:ffff  never
100:0:0:1::      never    100:0:0:1:ffff:ffff:ffff:ffff  never  100:0:0:2::  never
1fff:ffff::      never    2000::           open     2000:ffff::1     open
2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff  open  2001::  never
2001:1ff:ffff::1 never    2001:200::       open
2001:2::1        never    2001:10::1       never    2001:20::1       never    2001:4:112::1    never
2001:db7:ffff::  open     2001:db8::       never    2001:db8:ffff:ffff::1  never  2001:db9::  open
2001:ffff::1     open     2002::           never    2002:ffff:ffff::1  never  2003::         open
2606:4700::1111  open     2a00:1450:4001::200e  open  2620:0:2d0::1  open
2620:4f:7fff:ffff::  open  2620:4f:8000::  never  2620:4f:8000:ffff::1  never  2620:4f:8001::  open
3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff  open  3fff::  never
3fff:fff:ffff::1 never    3fff:1000::      open
3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff  open  4000::  never
5eff:ffff::      never    5f00::           never    5f00:ffff::1     never    6000::           never
fbff:ffff::      never    fc00::           private  fdff:ffff:ffff::1  private  fe00::    never
fd00:ec1:ffff::  private  fd00:ec2::       never    fd00:ec2::254    never    fd00:ec3::  private
fd20:cd:ffff::   private  fd20:ce::254     never    fd20:ce:ffff::1  never    fd20:cf::  private
fd00:42::41      private  fd00:42::42      never    fd00:42::43      private
fe7f:ffff::      never    fe80::           never    fe80::1          never    febf:ffff::1     never
fec0::           never    fec0::1          never    feff:ffff::1     never
ff00::           never    ff02::1          never    ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff  never
"""

# Addresses of IPv6 that carry one of IPv4: what they hide must be named, and never dialled.
HIDING = """
::ffff:127.0.0.1 127.0.0.1
::ffff:169.254.169.254 169.254.169.254
::ffff:8.8.8.8 8.8.8.8
::ffff:10.0.0.1 10.0.0.1
::ffff:0:127.0.0.1 127.0.0.1
::127.0.0.1 127.0.0.1
::8.8.8.8 8.8.8.8
64:ff9b::127.0.0.1 127.0.0.1
64:ff9b::a9fe:a9fe 169.254.169.254
64:ff9b::8.8.8.8 8.8.8.8
64:ff9b::ffff:ffff 255.255.255.255
64:ff9b:1::10.0.0.1 10.0.0.1
64:ff9b:1:ffff::c0a8:1 192.168.0.1
2002:7f00:1:: 127.0.0.1
2002:a9fe:a9fe::1 169.254.169.254
2002:808:808::1 8.8.8.8
2001:0:4136:e378:8000:63bf:80ff:fffe 127.0.0.1
2001:0:4136:e378:8000:63bf:f7f7:f7f7 8.8.8.8
2a00:1450::5efe:7f00:1 127.0.0.1
2a00:1450::200:5efe:10.0.0.1 10.0.0.1
"""

# Spellings that a resolver would read as an address, and other things that are none.
NO_ADDRESS = (
    *("2130706433", "0x7f000001", "127.1", "0177.0.0.1", "127.0.0.01", "0x7f.1", "127.0.0.1.", ""),
    *("127.0.0.1:80", "[::1]", "::1%lo", "fe80::1%eth0", "fe80::1%", " 127.0.0.1", "127.0.0.1\n"),
    *(
        "\uff11\uff12\uff17.0.0.1",
        "127\u30020\u30020\u30021",
        "\u0661\u0662\u0667.0.0.1",
        "1.2.3",
        "1.2.3.4.5",
        "256.1.1.1",
        "1.2.3.-4",
    ),
    *(
        "::g",
        ":::",
        "1::2::3",
        "12345::",
        "::ffff:256.0.0.1",
        "localhost",
        "example.com",
        "4294967295",
    ),
)


def _rows() -> list[tuple[str, str]]:
    words = EDGES.split()
    return list(zip(words[::2], words[1::2], strict=True))


@pytest.mark.parametrize(("ip", "expected"), _rows())
def test_each_edge_of_each_range_is_judged(ip: str, expected: str) -> None:
    closed = judge_address(ip, allow_private=False)
    opened = judge_address(ip, allow_private=True)

    assert (closed is None) is (expected == OPEN)
    assert (opened is None) is (expected in (OPEN, PRIVATE))


def test_the_table_has_at_least_120_rows_and_no_address_twice() -> None:
    rows = _rows()

    assert len(rows) + len(HIDING.splitlines()) - 2 >= 120
    assert len({ip for ip, _ in rows}) == len(rows)


@pytest.mark.parametrize("known", RANGES, ids=lambda known: known.network)
def test_a_refusal_names_its_range_and_what_would_allow_it(known: Range) -> None:
    network = known.network
    first = network.split("/")[0]
    why = judge_address(first, allow_private=False)

    assert why is not None
    assert network in why or "Teredo" in why
    assert ("allow_private = true" in why) is known.private


@pytest.mark.parametrize("row", HIDING.strip().splitlines())
@pytest.mark.parametrize("allow_private", [False, True])
def test_an_ipv4_address_hidden_in_ipv6_is_named_and_refused(
    row: str, *, allow_private: bool
) -> None:
    ip, inner = row.split()
    why = judge_address(ip, allow_private=allow_private)

    assert why is not None
    assert inner in why
    assert "write the IPv4 address itself" in why


@pytest.mark.parametrize("text", NO_ADDRESS)
def test_what_is_no_plain_address_is_refused(text: str) -> None:
    assert judge_address(text, allow_private=True) is not None


@given(text=st.text(max_size=60), allow_private=st.booleans())
def test_no_text_makes_the_judge_fall_over(text: str, *, allow_private: bool) -> None:
    judge_address(text, allow_private=allow_private)
    check_url(text, allow_private=allow_private)
    check_url(f"https://{text}/", allow_private=allow_private)


@given(st.ip_addresses())
def test_allow_private_only_ever_opens(address: object) -> None:
    closed = judge_address(str(address), allow_private=False)
    opened = judge_address(str(address), allow_private=True)

    assert opened is None or closed is not None
    assert (closed is None) <= (opened is None)


GOOD_URLS = (
    "https://example.com",
    "https://example.com/hook?token=x#part",
    "https://EXAMPLE.com:8443/",
    "https://xn--bcher-kva.example/",
    "https://hooks_1.internal.example/",
    "https://8.8.8.8/",
    "https://[2606:4700::1111]:443/",
    "https://example.com:65535/",
    "HTTPS://example.com/%20",
)

BAD_URLS = (
    ("", "empty"),
    ("example.com", "https://"),
    ("//example.com/", "https://"),
    ("ftp://example.com/", "https://"),
    ("file:///etc/passwd", "https://"),
    ("javascript:alert(1)", "https://"),
    ("https:", "no host"),
    ("https://", "no host"),
    ("https:///path", "no host"),
    ("https://:443/", "cannot be read"),
    ("https://example.com:/", "cannot be read"),
    ("https://example.com:x/", "cannot be read"),
    ("https://example.com:0/", "between 1 and 65535"),
    ("https://example.com:65536/", "between 1 and 65535"),
    ("https://user@example.com/", "user name"),
    ("https://user:pass@example.com/", "user name"),
    ("https://example.com@127.0.0.1/", "user name"),
    ("https://127.0.0.1\\@example.com/", "backslash"),
    ("https://example.com/a b", "space"),
    ("https://example.com/\r\nhost: x", "control"),
    ("https://example.com/\x00", "control"),
    (" https://example.com/", "space"),
    ("https://exämple.com/", "xn--"),
    ("https://\uff11\uff12\uff17.0.0.1/", "xn--"),
    ("https://127\u30020\u30020\u30021/", "xn--"),
    ("https://[127.0.0.1]/", "bracket"),
    ("https://[example.com]/", "bracket"),
    ("https://[::1/", "bracket"),
    ("https://::1]/", "bracket"),
    ("https://[fe80::1%25eth0]/", ""),
    ("https://[v1.x]/", ""),
    ("https://a[::1]/", ""),
    ("https://2130706433/", "four decimal"),
    ("https://0x7f000001/", "four decimal"),
    ("https://0x/", "four decimal"),
    ("https://127.1/", "four decimal"),
    ("https://0177.0.0.1/", "four decimal"),
    ("https://1.2.3.4.5/", "four decimal"),
    ("https://256.1.1.1/", "four decimal"),
    ("https://example.com./", "host name"),
    ("https://example..com/", "host name"),
    ("https://-example.com/", "host name"),
    ("https://" + "a" * 64 + ".com/", "host name"),
    ("https://" + "a." * 130 + "com/", "host name"),
    ("https://exa%6dple.com/", "cannot be read"),
)

OWN_NETWORK = (
    "http://example.com/",
    "http://localhost:8080/",
    "https://localhost/",
    "https://printer.localhost/",
    "https://127.0.0.1/",
    "https://10.1.2.3/",
    "https://[::1]:8443/",
    "https://[fd12::1]/",
)

OFF_LIMITS = (
    "https://169.254.169.254/latest/meta-data/",
    "https://[fd00:ec2::254]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://0.0.0.0/",
    "https://255.255.255.255/",
    "http://100.100.100.200/",
)


@pytest.mark.parametrize("url", GOOD_URLS)
def test_a_plain_https_url_may_be_used(url: str) -> None:
    assert check_url(url, allow_private=False) is None


@pytest.mark.parametrize(("url", "words"), BAD_URLS)
def test_a_malformed_url_is_refused_with_its_fix(url: str, words: str) -> None:
    why = check_url(url, allow_private=True)

    assert why is not None
    assert words in why


@pytest.mark.parametrize("url", OWN_NETWORK)
def test_a_url_on_ones_own_network_needs_allow_private(url: str) -> None:
    why = check_url(url, allow_private=False)

    assert why is not None
    assert "allow_private = true" in why
    assert check_url(url, allow_private=True) is None


@pytest.mark.parametrize("url", OFF_LIMITS)
def test_some_places_are_off_limits_whatever_is_set(url: str) -> None:
    assert check_url(url, allow_private=True) is not None


# A slash, query or fragment would end the user part: that is another, maybe good, URL.
PASSWORD = st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="/?#")


@given(st.text(PASSWORD, min_size=12, max_size=20))
def test_a_refused_url_is_never_repeated(token: str) -> None:
    why = check_url(f"https://user:{token}@example.com/{token}", allow_private=False)

    assert why is not None
    assert token not in why
