"""Secrets are masked, code is not, and hostile text takes no time."""

from __future__ import annotations

import time

import pytest

from trackbook.runs.context.masking import MASK, masked

SECRETS = {
    "aws key": ("AKIAIOSFODNN7EXAMPLE", "key = load('{}')"),
    "aws secret": ("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "aws_secret_access_key = {}"),
    "github": ("ghp_" + "a1B2" * 9, "curl -H {}"),
    "github fine-grained": ("github_pat_" + "a1B2_" * 9, "x = '{}'"),
    "openai": ("sk-proj-abcdefghijklmnop1234", "client({})"),
    "ours": ("tb_" + "aB3-_x" * 7 + "a", "export MLFLOW={}"),
    "hugging face": ("hf_" + "abcDEF123" * 4, "login('{}')"),
    "slack": ("xoxb-123456789012-abcdef", "{}"),
    "jwt": ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N", "h = {}"),
    "password": ("hunter2", "password={}"),
    "quoted password": ("correct horse", 'db_password = "{}"'),
    "json": ("s3cr3t", '"api_key": "{}",'),
    "yaml": ("abc.def", "token: {}"),
    "annotated": ("geheim", "passwd: str = '{}'"),
    "compared": ("geheim", "if password == '{}':"),
    "compared without spaces": ("geheim", 'ok = user.token!=b"{}"'),
    "item": ("geheim", "os.environ['MY_TOKEN'] = '{}'"),
    "environment": ("abc123", "export MLFLOW_TRACKING_TOKEN={}"),
    "bearer": ("abcdefghijkl1234", "Authorization: Bearer {}"),
    "option": ("hunter2", "mysql --password {}"),
    "url": ("ada:p@ss", "https://{}@example.org/x"),
    "dsn": ("root:geheim", "postgresql+psycopg://{}@db:5432/runs"),
}


@pytest.mark.parametrize("name", SECRETS)
def test_secret_is_masked_and_the_line_around_it_stays(name: str) -> None:
    secret, line = SECRETS[name]
    text, count = masked("a = 1\n" + line.format(secret) + "\nb = 2")
    assert secret not in text
    assert MASK in text
    assert text.startswith("a = 1\n" + line.split("{}")[0])
    assert text.endswith("\nb = 2")
    assert count >= 1


@pytest.mark.parametrize(
    "code",
    [
        "tokens = model.generate(x)",
        "token = tokenizer.encode(text)",
        'pad_token = "<pad>"',
        "eos_token='</s>'",
        "max_tokens=512",
        "token = None",
        "if token == other and secret != last: pass",
        "assert tokens[token] ==",
        "secret = os.environ['SECRET']",
        "password = getpass()",
        "keys = sorted(d)",
        "for key in d: key = key + 1",
        "user@example.org",
        "https://example.org/a@b",
        "loss = 0.1  # basic example",
        "task-runner",
    ],
)
def test_code_that_holds_no_secret_stays_as_it_is(code: str) -> None:
    assert masked(code) == (code, 0)


def test_private_key_is_masked_whole_also_in_a_diff() -> None:
    lines = ["-----BEGIN RSA PRIVATE KEY-----", "MIIEabc", "x" * 64, "-----END RSA PRIVATE KEY-----"]
    text = masked("\n".join(f"+{line}" for line in lines) + "\n+lr = 0.1").text
    assert text == f"+{lines[0]}{MASK}\n+{MASK}\n+{MASK}\n+{lines[3]}\n+lr = 0.1"


def test_middle_of_a_private_key_is_masked_though_no_hunk_shows_where_it_begins() -> None:
    assert masked(f"@@ -3,2 +3,2 @@\n {'A1b+' * 16}\n-{'C/d2' * 16}").text == f"@@ -3,2 +3,2 @@\n {MASK}\n-{MASK}"


def test_private_key_that_never_ends_hides_its_file_alone() -> None:
    text = masked("+-----BEGIN PRIVATE KEY-----\n+abc\ndiff --git a/b b/b\n+lr = 0.1").text
    assert "abc" not in text
    assert text.endswith("diff --git a/b b/b\n+lr = 0.1")


@pytest.mark.parametrize(
    "piece", ["a", 'token="', "eyJ", "://", "://a@", "password=", "AKIA", "Bearer ", "_token", "\\"]
)
def test_hostile_megabyte_takes_no_time(piece: str) -> None:
    began = time.thread_time()
    masked("token" + piece * (300_000 // len(piece)))
    assert time.thread_time() - began < 3
