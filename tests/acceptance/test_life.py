"""A worker's life, seen from outside: how it begins, how it ends, and what it says when it cannot."""

from __future__ import annotations

import json
import signal
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.broker import Cable, eventually, free_port
from tests.support.platform import FLOW_ID
from tests.support.stage import FIXED, PYSAILOR, StartedWorker

if TYPE_CHECKING:
    from tests.support.stage import Stage

HOOK = f"/sailor-support/hooks/task/{FLOW_ID}/startup/data"


def diary(stage: Stage) -> list[Any]:
    file = stage.file("diary")
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


@pytest.fixture
def hooked(stage: Stage) -> Stage:
    stage.platform.step["config"] |= {"diary": str(stage.file("diary")), "started": {"subscription": 7}}
    return stage


def ends(worker: StartedWorker, code: int) -> dict[str, Any]:
    """Return the last line that the worker says before it ends with this code."""
    assert worker.end() == code, worker.text + worker.errors
    assert worker.errors == ""
    return worker.lines[-1]


# --- beginning -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("missing", ["FLOW_ID", "API_KEY", "AMQP_URI", "MESSAGE_CRYPTO_PASSWORD"])
def test_a_missing_variable_ends_it_before_it_begins(stage: Stage, missing: str) -> None:
    line = ends(stage.worker(**{missing: ""}), 1)
    assert (line["level"], line["msg"]) == (60, f"ELASTICIO_{missing} is missing")


def test_hooks_run_in_their_order_before_the_first_message(hooked: Stage) -> None:
    hooked.put({"body": {"a": 1}})
    with hooked.worker(FUNCTION="hooked", STARTUP_REQUIRED="true") as worker:
        assert hooked.one().body == {"a": 1}
        assert worker.said("ready")[0]["name"] == "component"
    assert diary(hooked) == [["startup"], ["init"], ["process"]]
    assert hooked.platform.started == [{"subscription": 7}]


def test_what_an_earlier_start_left_is_replaced(hooked: Stage) -> None:
    hooked.platform.started.append({"subscription": 6})
    with hooked.worker(FUNCTION="hooked", STARTUP_REQUIRED="true"):
        pass
    assert [call.method for call in hooked.platform.calls if call.path == HOOK] == ["POST", "DELETE", "POST"]
    assert hooked.platform.started == [{"subscription": 7}]


def test_a_component_without_hooks_stores_nothing_as_an_empty_object(stage: Stage) -> None:
    with stage.worker(STARTUP_REQUIRED="true"):
        pass
    assert stage.platform.started == [{}]


def test_the_shutdown_hook_gets_what_startup_returned_and_needs_no_broker(hooked: Stage) -> None:
    hooked.platform.started.append({"subscription": 7})
    without = dict.fromkeys(("AMQP_URI", "LISTEN_MESSAGES_ON", "MESSAGE_CRYPTO_IV"))
    ends(hooked.worker(FUNCTION="hooked", HOOK_SHUTDOWN="true", **without), 0)
    assert diary(hooked) == [["shutdown", {"subscription": 7}]]
    assert [call.method for call in hooked.platform.calls if call.path == HOOK] == ["GET", "DELETE"]
    assert hooked.platform.started == []


def test_a_shutdown_hook_that_fails_is_said_and_its_data_is_kept(hooked: Stage) -> None:
    hooked.platform.started.append({"subscription": 7})
    hooked.platform.step["config"]["failsAt"] = "shutdown"
    line = ends(hooked.worker(FUNCTION="hooked", HOOK_SHUTDOWN="true"), 1)
    assert (line["level"], line["msg"]) == (60, "the worker cannot go on: it does not end")
    assert hooked.platform.started == [{"subscription": 7}]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"FUNCTION": "sing"}, 'Trigger or action "sing" is not found in component.json!'),
        ({"FUNCTION": "broken"}, "Failed to load file './lib/actions/broken.py'"),
        ({"COMPONENT_PATH": "/nowhere"}, "Failed to load component.json from "),
        ({"STEP_ID": "step_2"}, "The platform's API answered 404"),
        ({"API_KEY": "wrong"}, "The platform's API answered 401"),
    ],
)
def test_what_keeps_it_from_beginning_is_told_to_the_flow(stage: Stage, changes: dict[str, str], words: str) -> None:
    line = ends(stage.worker(**changes), 1)
    assert line["level"] == 60
    came = stage.one("error")
    assert came.error()["message"].startswith(words)
    assert "errorInput" not in json.loads(came.content)
    assert came.headers.pop("messageId")
    assert came.headers == FIXED | {
        "function": changes.get("FUNCTION", "obey"),
        "stepId": changes.get("STEP_ID", "step_1"),
    }


def test_an_init_hook_that_fails_is_told_to_the_flow_and_no_message_is_touched(hooked: Stage) -> None:
    hooked.platform.step["config"]["failsAt"] = "init"
    hooked.put({"body": {}})
    ends(hooked.worker(FUNCTION="hooked"), 1)
    assert hooked.one("error").error()["message"] == "/cellar: the cellar is flooded"
    assert hooked.count() == 1


def test_settings_that_cannot_be_bound_are_told_to_the_flow_with_what_to_do(stage: Stage) -> None:
    del stage.platform.step["config"]["password"]
    ends(stage.worker(), 1)
    assert stage.one("error").error()["message"] == '/password: "Password" is missing; fill it in on the credential'


def test_an_input_queue_that_is_not_there_is_told_to_the_flow(stage: Stage) -> None:
    ends(stage.worker(LISTEN_MESSAGES_ON="nowhere"), 1)
    assert stage.one("error").error()["code"] == "input_missing"


def test_why_it_cannot_begin_comes_before_what_telling_the_flow_meets(stage: Stage) -> None:
    del stage.platform.step["config"]["password"]
    stage.channel.exchange_delete(stage.name)
    worker = stage.worker()
    assert '"Password" is missing' in ends(worker, 1)["msg"]
    told = [line["msg"] for line in worker.lines if line["level"] >= 40]
    assert '"Password" is missing' in told[0]
    refused = [text for text in told if text.startswith("publish turned down")]
    assert refused
    assert [text.rpartition(" ")[2] for text in refused] == ["1", "2", "4", "8", "16"][: len(refused)]


def test_a_broker_that_cannot_be_reached_ends_it_after_as_many_tries_as_are_set(stage: Stage) -> None:
    uri = f"amqp://guest:the-broker-password@127.0.0.1:{free_port()}/"
    worker = stage.worker(AMQP_URI=uri, AMQP_RECONNECT_ATTEMPTS="2", AMQP_RECONNECT_TIMEOUT="10")
    line = ends(worker, 1)
    assert line["msg"].startswith("the worker cannot go on: RabbitMQ cannot be reached")
    assert "the-broker-password" not in worker.text


def test_a_wrong_password_of_the_broker_is_told_without_a_traceback(stage: Stage) -> None:
    uri = stage.rabbit.uri.replace("guest:guest", "guest:the-wrong-one")
    worker = stage.worker(AMQP_URI=uri, AMQP_RECONNECT_ATTEMPTS="3", AMQP_RECONNECT_TIMEOUT="10")
    line = ends(worker, 1)
    assert "refused the login" in line["msg"]
    assert "Traceback" not in worker.text
    assert [each["level"] for each in worker.lines if each["level"] >= 50] == [60]
    assert 0 < len(worker.said("trying again")) <= 2 * (3 + 1)


def test_all_that_is_wrong_in_the_environment_is_told_at_once(stage: Stage) -> None:
    line = ends(stage.worker(STEP_ID="", RABBITMQ_PREFETCH_SAILOR="70000", MESSAGE_CRYPTO_IV="short"), 1)
    for words in ("STEP_ID is missing", "PREFETCH_SAILOR is 70000", "CRYPTO_IV has 5 bytes"):
        assert words in line["msg"]


def test_a_platform_that_fails_for_a_moment_is_asked_again(stage: Stage) -> None:
    path = f"/v1/tasks/{FLOW_ID}/steps/step_1"
    stage.platform.answers["GET", path] = [503, 500]
    with stage.worker():
        assert len(stage.platform.called("GET", path)) == 3


# --- ending --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_idle_worker_ends_at_once(stage: Stage, number: int) -> None:
    with stage.worker() as worker:
        told = time.monotonic()
        worker.process.send_signal(number)
        assert worker.end() == 0
        assert time.monotonic() - told < 20


def test_told_to_stop_while_it_begins_it_ends_well_and_touches_no_message(hooked: Stage) -> None:
    hooked.put({"body": {}})
    worker = hooked.worker(FUNCTION="hooked")
    eventually(lambda: hooked.platform.called("GET"))
    worker.process.terminate()
    assert worker.end() in (0, -signal.SIGTERM)
    assert (hooked.count(), ["process"] in diary(hooked)) in ((1, False), (0, True))


def test_told_to_stop_while_the_broker_is_away_from_the_start_it_ends_at_once(stage: Stage) -> None:
    stage.platform.answers["GET", f"/v1/tasks/{FLOW_ID}/steps/step_1"] = [503, 503]
    with Cable(stage.rabbit.uri) as cable:
        worker = stage.worker(AMQP_URI=cable.uri, API_REQUEST_RETRY_DELAY="300")
        eventually(lambda: stage.platform.called("GET"))
        cable.unplug()
        eventually(lambda: worker.said("cannot connect"))
        eventually(lambda: len(stage.platform.called("GET")) == 3)
        told = time.monotonic()
        worker.process.terminate()
        assert worker.end() == 0
        assert time.monotonic() - told < 20


def test_what_is_in_work_is_finished_and_what_waits_is_left(stage: Stage) -> None:
    gate, begun = stage.file("gate"), stage.file("begun")
    with stage.worker(RABBITMQ_PREFETCH_SAILOR="1") as worker:
        stage.order("hold", gate=str(gate), begun=str(begun))
        stage.put({"body": {"second": True}})
        eventually(begun.exists)
        worker.process.terminate()
        worker.process.send_signal(signal.SIGINT)  # a second signal changes nothing
        eventually(lambda: worker.said("stopping"))
        worker.process.terminate()
        eventually(lambda: stage.count() == 1)
        gate.touch()
        assert worker.end() == 0
    assert stage.one().body == {"held": str(gate)}
    assert (stage.count(), stage.count("data")) == (1, 0)


def test_what_is_not_finished_in_time_goes_back(stage: Stage) -> None:
    begun = stage.file("begun")
    with stage.worker(PYSAILOR_SHUTDOWN_DEADLINE="0.3") as worker:
        stage.order("hold", gate=str(stage.file("never")), begun=str(begun))
        eventually(begun.exists)
        told = time.monotonic()
        worker.process.terminate()
        assert worker.end() == 0
        assert time.monotonic() - told < 20
        assert worker.said("they will be delivered again")
    assert eventually(lambda: stage.count() == 1)
    assert stage.count("error") == 0


def test_a_publish_that_is_still_tried_does_not_keep_it_from_ending(stage: Stage) -> None:
    stage.channel.queue_delete(f"{stage.name}.data")
    stage.declare("data", **{"x-max-length": 1, "x-overflow": "reject-publish"})
    with stage.worker(PYSAILOR_SHUTDOWN_DEADLINE="0.3") as worker:
        stage.put({"body": {"n": 1}})
        stage.put({"body": {"n": 2}})
        eventually(lambda: worker.said("publish turned down"))
        worker.process.terminate()
        assert worker.end() == 0
    assert eventually(lambda: stage.count() == 1)
    assert (stage.count("data"), stage.count("error")) == (1, 0)


# --- the time for one message --------------------------------------------------------------------------------------


def test_a_component_that_keeps_the_deadline_says_itself_what_went_wrong(stage: Stage) -> None:
    with stage.worker(PYSAILOR_MESSAGE_DEADLINE="0.2"):
        stage.order("keep time")
        assert "the time is over" in stage.one("error").error()["message"]
    assert stage.nothing_left()


def test_a_component_that_does_not_is_left_behind_and_its_place_is_taken(stage: Stage) -> None:
    gate = stage.file("gate")
    with stage.worker(PYSAILOR_MESSAGE_DEADLINE="0.1", RABBITMQ_PREFETCH_SAILOR="1") as worker:
        stage.order("hold", gate=str(gate))
        error = stage.one("error")
        assert error.error()["code"] == "deadline_exceeded"
        stage.put({"body": {"next": True}})
        assert stage.one().body == {"next": True}
        gate.touch()
        eventually(lambda: worker.said("came back from a message that had failed"))
        stage.put({"body": {"and": "another"}})
        assert stage.one().body == {"and": "another"}
    assert stage.nothing_left()


# --- the service ---------------------------------------------------------------------------------------------------


def ask(stage: Stage, method: str, password: str, **changes: str) -> Any:
    told = {"POST_RESULT_URL": f"{stage.platform.uri}/result", "CFG": json.dumps({"password": password})}
    worker = stage.start(stage.env(**told, **changes), (PYSAILOR, "service", method))
    assert (worker.end(), worker.errors) == (0, "")
    return stage.platform.results[-1]


def test_a_question_of_the_forms_is_answered_by_a_process_of_its_own(stage: Stage) -> None:
    assert ask(stage, "verifyCredentials", "open sesame") == {"status": "success", "data": {"verified": True}}
    assert ask(stage, "guess", "open sesame")["data"] == {"message": 'Unknown service method "guess"'}


def test_a_verifier_that_hangs_does_not_keep_the_process(stage: Stage) -> None:
    answer = ask(stage, "verifyCredentials", "hang", PYSAILOR_SERVICE_DEADLINE="0.1")
    assert answer["data"]["verified"] is False


def test_a_step_that_waits_ends_with_its_worker_and_its_message_goes_back(stage: Stage) -> None:
    begun = stage.file("begun")
    with stage.worker() as worker:
        stage.put({"body": {"do": "pause", "begun": str(begun)}})
        assert eventually(begun.exists)
        worker.process.terminate()
        worker.end()
        assert worker.said("stopped")
        assert not worker.said("before all messages in work were finished")
    assert stage.count() == 1
    assert stage.count("error") == 0
