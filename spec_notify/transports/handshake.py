"""Why a TLS handshake, or a deadline, came to nothing: in words that quote nobody, and as a flaw.

OpenSSL's numbers of certificate errors are those of x509_vfy.h, its reasons those of sslerr.h.
"""

from __future__ import annotations

import ssl

from spec_notify.core.instant import spell_duration
from spec_notify.core.message import Failure, Fault, Flaw
from spec_notify.transports.attempt import DIALLING, HANDSHAKE, LOOKUP, DialError

_CERTIFICATE = {
    9: Flaw.NOT_YET_VALID,
    10: Flaw.EXPIRED,
    18: Flaw.SELF_SIGNED,
    19: Flaw.UNKNOWN_AUTHORITY,
    20: Flaw.UNKNOWN_AUTHORITY,
    21: Flaw.UNKNOWN_AUTHORITY,
    62: Flaw.WRONG_HOST,
    64: Flaw.WRONG_HOST,
    66: Flaw.WEAK,
    67: Flaw.WEAK,
    68: Flaw.WEAK,
}
_REASONS = {
    "WRONG_VERSION_NUMBER": Flaw.NO_TLS,
    "HTTP_REQUEST": Flaw.NO_TLS,
    "RECORD_LAYER_FAILURE": Flaw.NO_TLS,
    "PACKET_LENGTH_TOO_LONG": Flaw.NO_TLS,
    "UNEXPECTED_MESSAGE": Flaw.NO_TLS,
    "UNSUPPORTED_PROTOCOL": Flaw.TLS_VERSION,
    "TLSV1_ALERT_PROTOCOL_VERSION": Flaw.TLS_VERSION,
    "SSLV3_ALERT_HANDSHAKE_FAILURE": Flaw.TLS_VERSION,
    "TLSV1_ALERT_INSUFFICIENT_SECURITY": Flaw.TLS_VERSION,
    "TLSV1_UNRECOGNIZED_NAME": Flaw.WRONG_HOST,
    "TLSV13_ALERT_CERTIFICATE_REQUIRED": Flaw.WANTS_CERTIFICATE,
    "UNEXPECTED_EOF_WHILE_READING": Flaw.HUNG_UP,
}
_SLOW = {
    LOOKUP: Flaw.SLOW_LOOKUP,
    DIALLING: Flaw.SLOW_CONNECT,
    HANDSHAKE: Flaw.SLOW_HANDSHAKE,
}


def handshake_failed(error: OSError) -> DialError:
    """Answer the error of a handshake, told apart by what would mend it."""
    if isinstance(error, ssl.SSLCertVerificationError):
        said = f"the certificate is not trusted: {error.verify_message}"
        return DialError(Fault.TLS, said, _CERTIFICATE.get(error.verify_code))
    if isinstance(error, ssl.SSLError):
        reason = error.reason or "unknown"
        said = f"the TLS handshake failed: {reason.replace('_', ' ').lower()}"
        return DialError(Fault.TLS, said, _REASONS.get(reason))
    return DialError(Fault.TLS, "the connection closed during the TLS handshake", Flaw.HUNG_UP)


def spoke_early() -> DialError:
    """Answer the error of a receiver that spoke in clear text: it may not speak TLS at all."""
    return DialError(Fault.TLS, "the receiver spoke before the TLS handshake", Flaw.NO_TLS)


def ran_out(phase: str, deadline: int) -> Failure:
    """Answer the failure of an attempt whose `deadline` milliseconds ended in a phase."""
    detail = f"not done within {spell_duration(deadline)}: still {phase}"
    return Failure(fault=Fault.TIMEOUT, detail=detail, flaw=_SLOW.get(phase))
