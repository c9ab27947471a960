"""Signs what is posted as Directus does, and checks what no schema can say."""

import base64
import hashlib
import hmac
import json
import os
import time

import schemathesis
from requests.auth import AuthBase


class StandardWebhooks(AuthBase):
    def __call__(self, request):
        key = base64.b64decode(os.environ["DIRECTUS_SECRET"].removeprefix("whsec_"))
        body = request.body or b""
        body = body.encode() if isinstance(body, str) else body
        timestamp = str(int(time.time()))
        signed = b".".join([b"schemathesis", timestamp.encode(), body])
        signature = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        request.headers["webhook-id"] = "schemathesis"
        request.headers["webhook-timestamp"] = timestamp
        request.headers["webhook-signature"] = f"v1,{signature}"
        return request


schemathesis.auth.set_from_requests(StandardWebhooks()).apply_to(path="/v1/changes")


@schemathesis.serializer("application/x-ndjson")
def lines(ctx, value):
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "ignore")


@schemathesis.check
def every_entry_has_a_verdict(ctx, response, case):
    """As many verdicts as entries; the verdict on a single one is the status too."""
    if not case.path.startswith("/v1/") or b'"verdicts"' not in response.content:
        return
    verdicts = json.loads(response.content)["verdicts"]
    sent = response.request.body or b""
    sent = sent.encode() if isinstance(sent, str) else sent
    if case.media_type == "application/x-ndjson":
        entries = [line for line in sent.split(b"\n") if line.strip(b" \t\r\f")]
    elif case.path == "/v1/changes":
        entries = json.loads(sent)["changes"]
    else:
        entries = json.loads(sent)
    if isinstance(entries, list) and case.media_type != "application/cloudevents+json":
        assert response.status_code == 200, "several are answered 200"
        assert len(verdicts) == len(entries), f"{len(entries)} entries, {len(verdicts)} verdicts"
    else:
        assert len(verdicts) == 1, f"one entry, {len(verdicts)} verdicts"
        is_taken = verdicts[0]["verdict"] in ("published", "ignored")
        assert is_taken == (response.status_code == 200), f"{response.status_code}: {verdicts[0]}"
