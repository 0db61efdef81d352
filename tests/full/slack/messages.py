"""Writes Slack messages as TypeScript that declares each of them to be one: messages.py OUT FILE.json...

The first file is written once more with its first "verbatim" or "emoji" misspelt, to OUT/broken.ts, which the
compiler must refuse.
"""

import json
import pathlib
import sys

HEAD = """import type { KnownBlock } from '@slack/types';

// What an incoming webhook takes: docs.slack.dev, "Sending messages using incoming webhooks".
interface Message {
  text: string;
  mrkdwn: boolean;
  unfurl_links: boolean;
  unfurl_media: boolean;
  blocks: KnownBlock[];
}

"""


def declare(number, name, message):
    text = json.dumps(message, ensure_ascii=False, indent=1)
    return f"// {name}\nexport const message{number}: Message = {text};\n\n"


def misspell(message):
    text = json.dumps(message)
    assert '"emoji"' in text
    return json.loads(text.replace('"emoji"', '"emojis"', 1))


def main(out, names):
    messages = [(pathlib.Path(name).name, json.loads(pathlib.Path(name).read_text(encoding="utf-8"))) for name in names]
    body = "".join(declare(number, *message) for number, message in enumerate(messages))
    (out / "messages.ts").write_text(HEAD + body, encoding="utf-8")
    (out / "broken.ts").write_text(HEAD + declare(0, "misspelt", misspell(messages[0][1])), encoding="utf-8")
    print(f"{len(messages)} messages")


main(pathlib.Path(sys.argv[1]), sys.argv[2:])
