"""Where the canaries sit: every kind of target, at receivers that treat them in every manner."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

from spec_notify.transports.receiver import Answer, Receiver

from .canaries import Canary, account, pair, signing, spellings, token

if TYPE_CHECKING:
    from spec_notify.transports.receiver import Request

SENDING = 'events = ["spec-kit.task.completed"]\nallow_private = true\ntimeout = "1s"\n'
RETRY = '[subscriptions.retry]\nschedule = ["10ms"]\nmax_attempts = 2\n'
ROTATED = 'previous_secret_env = "SPEC_NOTIFY_OLD_SECRET"\n'
KINDS = {
    "webhook": f'type = "webhook"\nsecret_env = "SPEC_NOTIFY_WEBHOOK_SECRET"\n{ROTATED}',
    "signed-v1a": 'type = "webhook"\nsecret_env = "SPEC_NOTIFY_KEY"\n',
    "slack": 'type = "slack"\n',
    "discord": 'type = "discord"\n',
    "teams": 'type = "teams"\n',
    "github": 'type = "github"\nrepository = "a/b"\nsecret_env = "SPEC_NOTIFY_GITHUB_SECRET"\n',
    "pagerduty": 'type = "pagerduty"\nsecret_env = "SPEC_NOTIFY_PAGERDUTY_SECRET"\n',
}
"""Those that speak HTTP: each in each of `MANNERS`."""
MANNERS = ("refuses", "takes", "redirects", "gone", "breaks", "late", "throttles", "closed", "tls")
"""The last two are no receiver at all, and one that speaks no TLS."""
OTHERS = {
    "email": 'type = "email"\nto = ["team@example.org"]\nfrom = "notify@example.org"\n'
    'secret_env = "SPEC_NOTIFY_EMAIL_SECRET"\nurl_env = "SPEC_NOTIFY_EMAIL_URL"\n',
    "email-closed": 'type = "email"\nto = ["team@example.org"]\nfrom = "notify@example.org"\n'
    'secret_env = "SPEC_NOTIFY_EMAIL_SECRET"\nurl = "smtp://127.0.0.1:1"\n',
    "drive": 'type = "google-drive"\nfolder = "folder"\nurl = "https://127.0.0.1:1"\n'
    'secret_env = "SPEC_NOTIFY_DRIVE_SECRET"\n',
    "file": 'type = "file"\npath = "outbox"\nsecret_env = "SPEC_NOTIFY_WEBHOOK_SECRET"\n',
    "dry": 'type = "webhook"\ndry_run = true\nsecret_env = "SPEC_NOTIFY_WEBHOOK_SECRET"\n'
    'url_env = "SPEC_NOTIFY_SLACK_TAKES_URL"\n',
}
CREDENTIALS = ("github", "pagerduty", "password")


class Nest:
    """One receiver that answers each with all it knows of it; `env` holds every secret."""

    def __init__(self) -> None:
        self.mended = False
        self.receiver = Receiver(self._answer)
        self.receiver.start()
        current, known = signing("current secret")
        previous, old = pair("previous secret")
        private, of_private = pair("private key")
        key, of_account = account()
        secrets = {name: token(name) for name in (*CREDENTIALS, *KINDS)}
        known_by = {name: [Canary(name, text.encode())] for name, text in secrets.items()}
        self.of = {
            **known_by,
            "webhook": [*known, *old, *known_by["webhook"]],
            "signed-v1a": [*of_private, *known_by["signed-v1a"]],
            "drive": of_account,
        }
        self.env = {
            "SPEC_NOTIFY_WEBHOOK_SECRET": current,
            "SPEC_NOTIFY_OLD_SECRET": previous,
            "SPEC_NOTIFY_KEY": private,
            "SPEC_NOTIFY_GITHUB_SECRET": secrets["github"],
            "SPEC_NOTIFY_PAGERDUTY_SECRET": secrets["pagerduty"],
            "SPEC_NOTIFY_EMAIL_URL": f"smtps://127.0.0.1:{self.receiver.port}",
            "SPEC_NOTIFY_EMAIL_SECRET": secrets["password"],
            "SPEC_NOTIFY_DRIVE_SECRET": key,
        }
        for kind, manner in product(KINDS, MANNERS):
            self.env[variable(kind, manner)] = (
                f"{self._door(manner)}/{kind}/{manner}/{secrets[kind]}"
            )

    @property
    def canaries(self) -> list[Canary]:
        """Every secret, and all that would give one away."""
        return [each for some in self.of.values() for each in some]

    def config(self) -> str:
        """Answer a config with a subscription for each kind in each manner."""
        text = "enabled = true\n"
        for name, keys in subscriptions().items():
            text += f'[[subscriptions]]\nname = "{name}"\n{SENDING}{keys}{RETRY}'
        return text

    def _door(self, manner: str) -> str:
        if manner == "closed":
            return "http://127.0.0.1:1"
        return self.receiver.url.replace("http", "https") if manner == "tls" else self.receiver.url

    def _answer(self, request: Request) -> Answer:
        kind, manner = request.path.split("/")[1:3]
        echo, aloud = self._echo(kind, request)
        if self.mended:
            return Answer(body=echo)
        match manner:
            case "takes":
                return Answer(headers=headers(aloud, "X-Request-Id"), body=echo)
            case "redirects":
                return Answer(status=307, headers=headers(aloud, "Location"), body=echo)
            case "gone":
                return Answer(status=410, headers=headers(aloud, "Server"), body=echo)
            case "breaks":
                return Answer(raw=b"HTTP/1.1 500 " + aloud.encode() + b"\r\nx: " + echo, reset=True)
            case "late":
                return Answer(body=echo, delay=60_000)
            case "throttles":
                return Answer(status=429, headers=headers(aloud, "Retry-After"), body=echo)
            case _:
                names = ("Content-Type", "Server", "X-Request-Id", "Location", "Retry-After")
                return Answer(status=500, headers=headers(aloud, *names), body=echo)

    def _echo(self, kind: str, request: Request) -> tuple[bytes, str]:
        """Answer all that is known of a sender, each time in another encoding first."""
        known = [spellings(each.secret) for each in self.of[kind]]
        encodings = [*known[0]]
        first = request.number % len(encodings)
        turned = encodings[first:] + encodings[:first]
        spelled = [each[encoding] for encoding in turned for each in known]
        came = repr((request.path, request.headers)).encode() + request.body
        return b"\n".join([*spelled, came]), known[0]["base64"].decode()


def headers(value: str, *names: str) -> tuple[tuple[str, str], ...]:
    """Answer headers that all say one thing."""
    return tuple((name, value) for name in names)


def variable(kind: str, manner: str) -> str:
    """Name the variable that holds a URL."""
    return f"SPEC_NOTIFY_{kind}_{manner}_URL".upper().replace("-", "_")


def subscriptions() -> dict[str, str]:
    """Answer each subscription's own keys, by its name."""
    each = {
        f"{kind}-{manner}": f'{KINDS[kind]}url_env = "{variable(kind, manner)}"\n'
        for kind, manner in product(KINDS, MANNERS)
    }
    return each | OTHERS
