"""Notices: what an operator is told of a sink that is not open, through another sink, and when not."""
import email.policy
import json
import re

import pytest

from harness import AFFNOTIFYD, csv_section, event, wait_until
from https_server import response
from obey import Obey

OVER = 1  # a flag: AFFN_NOTICE_OVER
SINCE = r"\d{4}-\d\d-\d\d \d\d:\d\d UTC"
SOON = "alert_sink = alerts\nalert_after = 1s\n"
LATE = "alert_sink = alerts\nalert_after = 1h\n"


@pytest.fixture
def far(tmp_path):
    return Obey(tmp_path)


@pytest.fixture
def alerts(tmp_path):
    return Obey(tmp_path, "alerts")


def told(alerts, *subjects):
    """Waits until these notices have come, and no others; returns them."""
    wait_until(lambda: len(alerts.notices()) >= len(subjects), f"{subjects} were told; {alerts.notices()}")
    assert [notice[3] for notice in alerts.notices()] == [f"affnotify: {subject}" for subject in subjects]
    return alerts.notices()


def misset(bus, far, number=1):
    """Has the far side say that our settings are wrong; the sink is held."""
    far.say("MISSET", 404)
    bus.emit(event(number))
    bus.wait_for(far.name, state="held")


def mend(bus, far):
    far.say()
    assert bus.ask({"command": "resume", "sink": far.name})["ok"]
    bus.wait_for(far.name, state="open", pending=0)


def restart(bus):
    assert bus.stop() == 0
    bus.start()


# ---- What is told ----


def test_wrong_settings_are_told_at_once_and_once(start, far, alerts):
    bus = start(far.section("retry = 1h") + alerts.section(), LATE)
    misset(bus, far)
    (notice,) = told(alerts, "far is held")
    flags, id, about, _, text = notice
    assert (flags, about) == (0, "far") and re.fullmatch(r"ntc_far_\d+_held", id)
    remedy = bus.sink("far")["remedy"]
    assert remedy.startswith(f"change the orders at {bus.config}:8, then `affnotify ")
    assert re.fullmatch(rf"Not open since {SINCE}\. 1 event waits\.\n\nWhy: told to say 404\n\n"
                        rf"What to do: {re.escape(remedy)}", text), text
    bus.emit(event(2), event(3))
    assert bus.ask({"command": "resume", "sink": "far"})["ok"]  # not mended: held again, not told again
    wait_until(lambda: len(far.calls()) == 2, "a probe went out")
    bus.wait_for("far", state="held", pending=3)
    mend(bus, far)
    _, over = told(alerts, "far is held", "far is open again")
    assert over[0] == OVER and over[1] == id.removesuffix("held") + "open" and over[2] == "far"
    assert re.fullmatch(rf"It was not open for \d+ s, since {SINCE}\. (No event waits|\d events? waits? and "
                        r"will go out)\.", over[4]), over[4]
    bus.wait_for_log('msg="notice given"', 2)  # once the plugin has said so
    assert bus.log().count('msg="notice given"') == 2


def test_what_lasts_is_told_and_what_is_short_is_not(start, far, alerts, tmp_path):
    other = Obey(tmp_path, "other")
    bus = start(far.section("retry = 1h") + other.section("retry = 1h") + alerts.section(), LATE)
    far.say("DOWN")
    bus.emit(event(1))
    bus.wait_for("far", state="held")
    bus.wait_for("other", delivered=1)
    far.say()
    bus.wait_for("far", state="open", delivered=1)
    misset(bus, other, 2)
    told(alerts, "other is held")  # and nothing before it
    assert bus.stop() == 0

    bus.configure(far.section("retry = 1h") + alerts.section(), SOON)
    bus.start()
    far.say("DOWN", 7)
    bus.emit(event(3))
    notices = told(alerts, "other is held", "far is held")
    assert re.fullmatch(rf"Not open since {SINCE}\. 1 event waits\.\n\nWhy: told to say 7\n\n"
                        r"What to do: change the orders", notices[1][4])
    far.say()
    told(alerts, "other is held", "far is held", "far is open again")


def test_a_sink_that_is_stopped_or_cannot_start_or_open(start, alerts, tmp_path):
    sinks = (alerts.section() + "[sink:typo]\nplugin = csv\npath = relative\n"
             "[sink:none]\nplugin = nosuch\n"
             "[sink:aborts]\nplugin = loading_abort\n"
             "[sink:shut]\nplugin = fixture_misfit\nin = open\nverdict = 5\n")
    bus = start(sinks, SOON)
    wait_until(lambda: len(alerts.notices()) == 4, "four sinks were told of")
    texts = {about: (subject, text) for _, _, about, subject, text in alerts.notices()}
    mistake = f"{bus.config}:15: [sink:typo] path: must be an absolute path, beginning with `/`"
    assert texts["typo"][0] == "affnotify: typo is stopped"
    remedy = bus.sink("typo")["remedy"]
    assert texts["typo"][1].endswith(f" No event waits.\n\nWhy: {mistake}\n\nWhat to do: {remedy}")
    assert texts["none"][0] == "affnotify: none is stopped"
    assert texts["aborts"][0] == "affnotify: aborts is not open"
    assert "\n\nWhy: the plugin's process was killed by signal 6" in texts["aborts"][1]
    assert texts["shut"][0] == "affnotify: shut is not open"
    assert "the plugin could not open and did not say why" in texts["shut"][1]


def test_a_host_that_dies_again_and_again(start, far, alerts):
    far.say(person1="die")
    bus = start(far.section() + alerts.section(), "alert_sink = alerts\nalert_after = 2s\n")
    misset_free = bus.emit(event(1))
    told(alerts, "far is not open")
    assert "while it delivered 1 event" in alerts.notices()[0][4]
    bus.wait_for("far", dead=1)
    bus.emit(event(2))  # a delivery is what proves it
    bus.wait_for("far", delivered=1)
    told(alerts, "far is not open", "far is open again")
    assert bus.delivery(misset_free[0], "far")["state"] == "dead"


FAILING = (rf"It has delivered nothing for \d+ s, since {SINCE}: (\d+) attempts failed\. (\w+) events? waits?\.\n\n"
           r"Why: (.+)\n\nWhat to do: (.+)")


def test_a_sink_that_is_open_and_delivers_nothing(start, far, alerts):
    """Nothing holds it: each attempt fails, and the next is tried."""
    far.say("RETRY", 503)
    bus = start(far.section("retry = 1s 1s 1h") + alerts.section(), "alert_sink = alerts\nalert_after = 2s\n")
    bus.emit(event(1))
    (notice,) = told(alerts, "far delivers nothing")
    assert (notice[0], notice[2]) == (0, "far")
    attempts, waits, why, remedy = re.fullmatch(FAILING, notice[4]).groups()
    assert int(attempts) >= 2 and (waits, why) == ("1", "told to say 503") and remedy
    sink = bus.sink("far")
    assert sink["state"] == "open" and sink["failing_since"] and sink["failed_attempts"] >= 2
    assert sink["needs_somebody"] is False  # that takes ten minutes
    assert re.search(r"nothing delivered for \d+ ?s: \d attempts failed", bus.command("status").stdout)
    bus.wait_for_log('msg="notice given" about=far sink=alerts says="delivers nothing"')
    far.say()
    bus.emit(event(2))
    over = told(alerts, "far delivers nothing", "far is open again")[1]
    assert over[0] == OVER and re.fullmatch(
        rf"It delivered nothing for \d+ s, since {SINCE}\. (No event waits|1 event waits and will go out)\.", over[4])
    assert (bus.sink("far")["failing_since"], bus.sink("far")["failed_attempts"]) == (None, 0)


def test_a_sink_that_makes_dead_letters_of_all(start, far, alerts):
    """Of what the far side says of the events themselves, it takes some more."""
    bus = start(far.section("retry = none") + alerts.section(), SOON)
    far.say("REFUSED", 422)
    bus.emit(event(1), event(2), event(3))
    bus.wait_for("far", dead=3)
    assert bus.sink("far")["failing_since"] is None
    bus.emit(event(4))
    (notice,) = told(alerts, "far delivers nothing")
    assert re.fullmatch(FAILING, notice[4]).groups()[:3] == ("4", "No", "told to say 422")
    restart(bus)
    far.say()
    bus.emit(event(5))
    assert told(alerts, "far delivers nothing", "far is open again")[1][4].startswith("It was not open for")


# ---- What is not ----


def test_what_somebody_wants_is_not_told(start, far, alerts, tmp_path):
    """Nor is a hold by hand, for as long as it lasts; what went wrong meanwhile proves the time."""
    late = Obey(tmp_path, "late")
    off = Obey(tmp_path, "off")
    bus = start(far.section() + off.section("enabled = no") + late.section("retry = 1h") + alerts.section(), SOON)
    assert bus.ask({"command": "hold", "sink": "far"})["ok"]
    bus.emit(event(1))
    bus.wait_for("late", delivered=1)
    late.say("DOWN")
    bus.emit(event(2))
    told(alerts, "late is held")
    assert bus.stop() == 0  # nor the end of the bus
    told(alerts, "late is held")


def test_no_alert_sink_no_notices(start, far, alerts):
    bus = start(far.section() + alerts.section(), "alert_after = 1s\n")
    misset(bus, far)
    mend(bus, far)
    assert alerts.notices() == [] and 'msg="notice' not in bus.log()


def test_the_alert_sinks_own_trouble_goes_to_the_log_alone(start, far, alerts):
    bus = start(far.section() + alerts.section(), SOON)
    alerts.say("MISSET", 401, notice="DELIVERED")
    bus.emit(event(1))
    bus.wait_for("alerts", state="held")
    misset(bus, far, 2)
    told(alerts, "far is held")  # its own hold keeps no notice back
    alerts.say()
    assert bus.ask({"command": "resume", "sink": "alerts"})["ok"]
    bus.wait_for("alerts", state="open")
    assert bus.ask({"command": "hold", "sink": "alerts"})["ok"]
    mend(bus, far)
    told(alerts, "far is held", "far is open again")  # nor does one by hand


def test_notices_wait_for_no_rate(start, far, alerts):
    bus = start(far.section() + alerts.section("rate = 1/h"), LATE)
    misset(bus, far)
    told(alerts, "far is held")
    mend(bus, far)
    told(alerts, "far is held", "far is open again")


def test_a_sink_that_comes_and_goes(start, far, alerts):
    """One pair in a while; what has changed by then is told as it is."""
    bus = start(far.section("retry = 1h") + alerts.section(), SOON)
    misset(bus, far)
    (first,) = told(alerts, "far is held")
    mend(bus, far)
    told(alerts, "far is held", "far is open again")
    for number in range(2, 5):  # comes and goes, and is never told of
        misset(bus, far, number)
        mend(bus, far)
    misset(bus, far, 5)
    told(alerts, "far is held", "far is open again")
    *_, last = told(alerts, "far is held", "far is open again", *_wait(alerts, 3))
    assert last[3] == "affnotify: far is held" and last[1] != first[1]
    apart_ms = int(last[1].split("_")[2]) - int(first[1].split("_")[2])
    assert apart_ms < 10000  # since it is held; told later


def _wait(alerts, count):
    wait_until(lambda: len(alerts.notices()) == count, "the pause is over")
    return ["far is held"]


# ---- Restarts ----


def test_a_restart_neither_repeats_nor_forgets(start, far, alerts):
    bus = start(far.section("retry = 1h") + alerts.section(), SOON)
    misset(bus, far)
    (held,) = told(alerts, "far is held")
    restart(bus)
    bus.wait_for("far", state="held", pending=1)
    bus.kill()
    bus.start()
    bus.wait_for("far", state="held", pending=1)
    mend(bus, far)
    _, over = told(alerts, "far is held", "far is open again")
    assert over[1] == held[1].removesuffix("held") + "open"
    restart(bus)
    bus.emit(event(2))
    bus.wait_for("far", delivered=2)
    misset(bus, far, 3)
    told(alerts, "far is held", "far is open again", "far is held")


def test_what_could_not_be_told_is_told_after_a_restart(start, far, alerts):
    bus = start(far.section("retry = 1h") + alerts.section(), LATE)
    alerts.say(notice="DOWN")
    misset(bus, far)
    bus.wait_for_log('msg="notice not given"')
    assert bus.stop() == 0
    count = len(alerts.notices())
    alerts.say()
    bus.start()
    wait_until(lambda: len(alerts.notices()) == count + 1, "it was told")
    assert alerts.notices()[-1][3] == "affnotify: far is held"


def test_a_renamed_sink_is_still_told_of(start, far, alerts, tmp_path):
    bus = start(far.section("retry = 1h") + alerts.section(), LATE)
    misset(bus, far)
    told(alerts, "far is held")
    assert bus.stop() == 0
    near = Obey(tmp_path, "near")
    bus.configure(near.section("retry = 1h", "was = far") + alerts.section(), LATE)
    bus.start()
    bus.wait_for("near", delivered=1)
    told(alerts, "far is held", "near is open again")


# ---- An alert sink in trouble ----


def test_an_alert_sink_that_is_down(start, far, alerts):
    bus = start(far.section("retry = 1h") + alerts.section(), LATE)
    alerts.say(notice="DOWN")
    misset(bus, far)
    wait_until(lambda: len(alerts.notices()) >= 3, "it is tried again")
    assert len({notice[1] for notice in alerts.notices()}) == 1  # under the same ID
    assert bus.log().count('msg="notice not given"') == 1 and 'msg="notice given"' not in bus.log()
    assert "reason=\"told to say 0\" remedy=\"change the orders\"" in bus.log()
    alerts.say()
    bus.wait_for_log('msg="notice given" about=far sink=alerts says="not open"')
    count = len(alerts.notices())
    mend(bus, far)
    bus.wait_for_log('msg="notice given" about=far sink=alerts says="open again"')
    assert len(alerts.notices()) == count + 1


def test_what_was_overtaken_is_not_told(start, far, alerts, tmp_path):
    other = Obey(tmp_path, "other")
    bus = start(far.section("retry = 1h") + other.section("retry = 1h") + alerts.section(), LATE)
    alerts.say(notice="RETRY")
    misset(bus, far)
    bus.wait_for_log('msg="notice not given"')
    bus.wait_for("other", delivered=1)
    mend(bus, far)
    misset(bus, other, 2)
    alerts.say()
    bus.wait_for_log('msg="notice given" about=other')
    assert 'msg="notice given" about=far' not in bus.log()


@pytest.mark.parametrize("deed", ["die", "hang"])
def test_a_plugin_that_fails_at_a_notice(start, far, alerts, deed):
    """Its host is started anew; no event of the alert sink is charged, and none is lost."""
    alerts.say(notice=deed)
    bus = start(far.section("retry = 1h") + alerts.section("timeout = 1s", "retry = 1h"), LATE)
    misset(bus, far)
    bus.wait_for_log('msg="notice not given"')
    if deed == "hang":
        assert "did not pass a notice on within its timeout of 1000 ms" in bus.log()
    (id,) = bus.emit(event(7))
    bus.wait_for("alerts", delivered=2, dead=0)
    assert bus.delivery(id, "alerts")["attempts"] == 1
    alerts.say()
    bus.wait_for_log('msg="notice given" about=far')


def test_batches_wait_for_a_plugin_that_is_at_a_notice(start, far, alerts):
    alerts.say(notice="hang")
    bus = start(far.section("retry = 1h") + alerts.section("timeout = 3s", "retry = 1h"), LATE)
    misset(bus, far)
    wait_until(alerts.notices, "the notice is being told")
    bus.emit(*(event(number) for number in range(10, 20)))
    alerts.say()
    bus.wait_for("alerts", delivered=11, dead=0)
    assert len(alerts.calls()) == 11  # none of them was sent into the death


# ---- Slack and mail ----


def test_by_slack(start, far, https_server):
    https_server.answer = lambda request: response(200, b"ok")
    slack = (f"[sink:alerts]\nplugin = slack\nurl = {https_server.url}/services/T0/B0/x\n"
             f"ca_file = {https_server.ca_file}\n")
    bus = start(far.section("retry = 1h") + slack, LATE)
    misset(bus, far)
    bus.wait_for_log('msg="notice given" about=far')
    remedy = bus.sink("far")["remedy"]
    assert f"{bus.config}:8" in remedy
    mend(bus, far)
    bus.wait_for_log('msg="notice given" about=far sink=alerts says="open again"')
    messages = [json.loads(request.body) for request in https_server.requests]
    headers = [message["blocks"][0]["text"]["text"] for message in messages]
    assert [header for header in headers if "affnotify" in header] == [
        "\u26a0\ufe0f affnotify: far is held", "\u2705 affnotify: far is open again"]
    (held,) = [message for message in messages if "is held" in message["text"]]
    assert [block["text"]["text"] for block in held["blocks"][2:]] == [
        "Why: told to say 404", f"What to do: {remedy}"]


def test_slack_that_refuses_notices(start, far, https_server):
    """Its answer is read as for an event; the notice is kept, and a Retry-After is kept to."""
    https_server.answer = lambda request: response(200, b"ok")
    slack = (f"[sink:alerts]\nplugin = slack\nurl = {https_server.url}/services/T0/B0/x\n"
             f"ca_file = {https_server.ca_file}\nevents = affiliate.deactivated\n")
    bus = start(far.section("retry = 1h") + slack, LATE)
    https_server.answer = lambda request: response(429, b"rate_limited", [("Retry-After", "3600")])
    misset(bus, far)
    bus.wait_for_log('msg="notice not given"')
    assert "it gets too much at once" in bus.log()
    assert bus.sink("alerts")["state"] == "open" and len(https_server.requests) == 1


def test_by_mail(start, far, serve):
    server = serve(starttls=False)
    mail = (f"[sink:alerts]\nplugin = smtp\nurl = {server.url}\nstarttls = never\n"
            "from = Alerts <affnotify@example.com>\nto = ops@example.com\nsubject_prefix = [prod]\n"
            "events = affiliate.deactivated\n")
    bus = start(far.section("retry = 1h") + mail, LATE)
    misset(bus, far)
    bus.wait_for_log('msg="notice given" about=far')
    mend(bus, far)
    wait_until(lambda: len(server.envelopes) == 2, "two mails came")
    held, over = (email.message_from_bytes(envelope.content, policy=email.policy.default)
                  for envelope in server.envelopes)
    assert held["Subject"] == "[prod] affnotify: far is held"
    assert over["Subject"] == "[prod] affnotify: far is open again"
    assert held["References"] == over["References"] == "<notice.far.alerts@example.com>"
    assert held["Message-ID"] != over["Message-ID"] and "held.alerts@example.com>" in held["Message-ID"]
    assert held["Affnotify-Notice"] == "far" and held["Auto-Submitted"] == "auto-generated"
    text = held.get_body(("plain",)).get_content()
    assert "\r\nWhy: told to say 404\r\n" in text
    assert f"{bus.config}:8" in held.get_body(("html",)).get_content()


# ---- The configuration ----


def check(bus):
    done = bus.command("check", "-c", str(bus.config))
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("name, sentence", [
    ("alrts", "there is no section [sink:alrts]; did you mean `alerts`?"),
    ("somebody", "names no sink of this configuration; name the one that is to give notices"),
    ("crm", "the plugin csv of [sink:crm] cannot give notices; name a sink whose plugin can, such as slack "
            "or smtp"),
])
def test_a_wrong_alert_sink_is_a_mistake_and_stops_nothing(start, alerts, tmp_path, name, sentence):
    bus = start(csv_section(tmp_path) + alerts.section(), f"alert_sink = {name}\n")
    mistake = f"{bus.config}:5: [bus] alert_sink: {sentence}"
    bus.emit(event(1))
    bus.wait_for("crm", delivered=1)
    bus.wait_for("alerts", delivered=1)
    bus.wait_for_log(mistake)
    assert bus.log().count(mistake) == 1
    assert bus.sink("crm")["needs_somebody"] is False
    status, said = check(bus)
    assert status == 1 and mistake in said and "1 mistake" in said, said
    assert bus.stop() == 0
    done = bus.command("--strict", "-c", str(bus.config), program=AFFNOTIFYD)
    assert done.returncode == 1 and mistake in done.stderr


def test_an_alert_sink_that_is_not_enabled_draws_a_warning(start, alerts):
    bus = start(alerts.section("enabled = no"), LATE)
    status, said = check(bus)
    assert status == 0
    assert f"{bus.config}:5: [bus] alert_sink: [sink:alerts] has `enabled = no`: no notice will be given" in said


# ---- Reload ----


def reload(bus, sinks, keys):
    bus.configure(sinks, keys)
    answer = bus.ask({"command": "reload"})
    assert answer["ok"], answer


def test_another_alert_sink_by_reload(start, far, alerts, tmp_path):
    """What the first has told is not told again by the second."""
    others = Obey(tmp_path, "others")
    sinks = far.section("retry = 1h") + alerts.section() + others.section()
    bus = start(sinks, LATE)
    misset(bus, far)
    told(alerts, "far is held")
    reload(bus, sinks, LATE.replace("alerts", "others"))
    mend(bus, far)
    told(others, "far is open again")
    told(alerts, "far is held")


def test_a_sink_that_a_reload_changes(start, far, alerts):
    """It is another one then, and what was told of it is still known."""
    bus = start(far.section("retry = 1h") + alerts.section(), LATE)
    misset(bus, far)
    told(alerts, "far is held")
    far.say()
    reload(bus, far.section("retry = 2h") + alerts.section(), LATE)
    bus.wait_for("far", delivered=1)
    told(alerts, "far is held", "far is open again")


def test_an_alert_sink_that_a_reload_changes_at_a_notice(start, far, alerts):
    alerts.say(notice="hang")
    bus = start(far.section("retry = 1h") + alerts.section(), LATE)
    misset(bus, far)
    wait_until(alerts.notices, "the notice is being told")
    alerts.say()
    reload(bus, far.section("retry = 1h") + alerts.section("timeout = 9s"), LATE)
    bus.wait_for_log('msg="notice given" about=far')
    assert len({notice[1] for notice in alerts.notices()}) == 1
    assert 'msg="notice not given"' not in bus.log()  # the reload took the host, no trouble did


def test_a_mended_alert_sink_is_not_waited_for(start, far, alerts, tmp_path):
    """What the one before had to wait for is nothing to the one that was named or begun now."""
    others = Obey(tmp_path, "others")
    others.say("DELIVERED", 0, 3600000, notice="DOWN")
    alerts.say("DELIVERED", 0, 3600000, notice="DOWN")
    bus = start(far.section("retry = 1h") + others.section() + alerts.section(), LATE)
    misset(bus, far)
    bus.wait_for_log('msg="notice not given" about=far sink=alerts')
    sinks = far.section("retry = 1h") + others.section() + alerts.section("timeout = 9s")
    reload(bus, sinks, LATE)
    bus.wait_for_log('msg="notice not given" about=far sink=alerts', 2)  # begun anew
    reload(bus, sinks, LATE.replace("alerts", "others"))
    bus.wait_for_log('msg="notice not given" about=far sink=others')  # another
    alerts.say()
    reload(bus, sinks, LATE)
    bus.wait_for_log('msg="notice given" about=far sink=alerts')


def test_a_mistake_comes_and_goes_by_reload(start, alerts, tmp_path):
    bus = start(csv_section(tmp_path) + alerts.section(), SOON)
    bus.wait_for("crm", state="open")
    bus.configure(csv_section(tmp_path) + alerts.section(), SOON.replace("alerts", "nobody"))
    answer = bus.ask({"command": "reload"})
    assert not answer["ok"] and "names no sink of this configuration" in json.dumps(answer), answer
    bus.configure(csv_section(tmp_path) + alerts.section(), SOON.replace("alerts", "crm"))
    answer = bus.ask({"command": "reload"})
    assert not answer["ok"] and "cannot give notices" in json.dumps(answer), answer


# ---- To see that it works ----


def test_a_test_of_a_notice(start, alerts, https_server, tmp_path):
    https_server.answer = lambda request: response(200, b"ok")
    slack = (f"[sink:channel]\nplugin = slack\nurl = {https_server.url}/services/T0/B0/example\n"
             f"ca_file = {https_server.ca_file}\n")
    bus = start(alerts.section() + slack + csv_section(tmp_path))
    done = bus.command("test", "alerts", "--notice", "-c", str(bus.config))
    assert done.returncode == 0 and done.stdout.startswith("DELIVERED: the sink works"), done.stdout
    (notice,) = alerts.notices()
    assert notice[0] == 2 and re.fullmatch(r"ntc_test_[0-9a-f]{27}", notice[1])  # AFFN_NOTICE_TEST
    assert notice[3] == "affnotify: channel is held" and "\n\nWhy: nothing is wrong; this is a test\n" in notice[4]

    done = bus.command("test", "channel", "--notice", "-c", str(bus.config))
    assert done.returncode == 0 and "> POST /" in done.stdout and "example" not in done.stdout, done.stdout
    (request,) = https_server.requests
    assert json.loads(request.body)["text"].startswith("Test: affnotify: alerts is held\n")

    bus.configure(alerts.section())  # none is ever given about itself
    done = bus.command("test", "alerts", "--notice", "-c", str(bus.config))
    assert done.returncode == 0 and alerts.notices()[-1][3] == "affnotify: example is held", done.stdout
    bus.configure(alerts.section() + slack + csv_section(tmp_path))

    done = bus.command("test", "crm", "--notice", "-c", str(bus.config))
    assert done.returncode == 1
    assert "MISSET" in done.stdout and "the plugin cannot give notices" in done.stdout
    alerts.say(notice="MISSET")
    done = bus.command("test", "alerts", "--notice", "--json", "-c", str(bus.config))
    (result,) = json.loads(done.stdout)["results"]
    assert done.returncode == 1
    assert (result["verdict"], result["remedy"]) == ("MISSET", "change the orders")
    alerts.say(notice="die")
    done = bus.command("test", "alerts", "--notice", "-c", str(bus.config))
    assert done.returncode == 1 and "there is no verdict" in done.stdout
    done = bus.command("test", "alerts", "--notice", "--jsonl", "-")
    assert done.returncode == 2 and "--notice sends no events: it cannot go with --jsonl" in done.stderr
    assert bus.sink("alerts")["delivered"] == 0
