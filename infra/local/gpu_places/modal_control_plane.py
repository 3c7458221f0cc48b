"""Modal's control plane on loopback: the real client of modal 1.6.4 talks to it over gRPC, job bodies run in this
process.

Written against the service that ships inside modal's wheel (modal_proto.api_grpc) and its own answer of UNIMPLEMENTED
for every call that is not written here. Both are private: modal stays pinned, and the tests say when they change. It
does what a dispatcher needs (find a function, spawn, poll, cancel, dicts) and knows no images, GPUs or volumes.
"""

import asyncio
import base64
import itertools
import json
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import grpclib.server
from google.protobuf.empty_pb2 import Empty
from grpclib import GRPCError, Status
from modal._serialization import deserialize_data_format, serialize_data_format
from modal._utils.grpc_testing import patch_mock_servicer
from modal._utils.grpc_utils import custom_detail_codec
from modal._vendor import cloudpickle
from modal_proto import api_grpc, api_pb2

_Result = api_pb2.GenericResult
_PICKLE, _CBOR = api_pb2.DATA_FORMAT_PICKLE, api_pb2.DATA_FORMAT_CBOR
_STARTED_WITHIN_S = 10.0

Body = Callable[..., Any]
"""Called with the id of its call, then with what was spawned."""


class KilledAtTimeout(Exception):
    """Raised by a body to be taken for one that Modal stopped at its timeout."""


@dataclass
class Call:
    """One spawned call of one input. outcome resolves when its body has ended."""

    id: str
    outcome: "Future[Any]"
    is_cancelled: bool = False
    is_expired: bool = False


@dataclass
class State:
    """What the plane has been told and will do. refusals are errors to raise first, by name of the call; lost are
    calls that are carried out and whose answers never arrive."""

    functions: Mapping[tuple[str, str], Body]
    calls: dict[str, Call] = field(default_factory=dict)
    dicts: dict[str, dict[bytes, bytes]] = field(default_factory=dict)
    refusals: dict[str, list[GRPCError]] = field(default_factory=dict)
    lost: dict[str, int] = field(default_factory=dict)
    is_down: bool = False

    def running(self) -> list[str]:
        """Calls whose bodies have not ended and that nobody cancelled."""
        return [one.id for one in self.calls.values() if not one.outcome.done() and not one.is_cancelled]


@patch_mock_servicer
class ControlPlane(api_grpc.ModalClientBase):
    """The servicer over a State. bodies are called in threads of their own."""

    def __init__(self, state: State) -> None:
        self.state = state
        self._functions: dict[str, tuple[str, str]] = {}
        self._ids = itertools.count(1)
        self._pool = ThreadPoolExecutor(8)

    async def _told(self, stream: Any, name: str) -> Any:
        request = await stream.recv_message()
        if self.state.is_down:
            raise GRPCError(Status.UNAVAILABLE, "the control plane is down")
        if refusals := self.state.refusals.get(name):
            raise refusals.pop(0)
        return request

    def _lose(self, name: str) -> None:
        if self.state.lost.get(name, 0) > 0:
            self.state.lost[name] -= 1
            raise GRPCError(Status.INTERNAL, "the answer got lost")

    async def ClientHello(self, stream: Any) -> None:
        await self._told(stream, "ClientHello")
        await stream.send_message(api_pb2.ClientHelloResponse())

    async def AuthTokenGet(self, stream: Any) -> None:
        await self._told(stream, "AuthTokenGet")
        parts = ({"alg": "none"}, {"exp": int(time.time()) + 3600})
        head, body = (base64.urlsafe_b64encode(json.dumps(one).encode()).rstrip(b"=").decode() for one in parts)
        await stream.send_message(api_pb2.AuthTokenGetResponse(token=f"{head}.{body}.unsigned"))

    async def FunctionGet(self, stream: Any) -> None:
        request = await self._told(stream, "FunctionGet")
        key = (request.app_name, request.object_tag)
        if key not in self.state.functions:
            raise GRPCError(Status.NOT_FOUND, f"no function {key}")
        function_id = f"fu-{next(self._ids)}"
        self._functions[function_id] = key
        handle = api_pb2.FunctionHandleMetadata(
            function_name=key[1],
            function_type=api_pb2.Function.FUNCTION_TYPE_FUNCTION,
            definition_id=f"de-{function_id}",
            max_object_size_bytes=2 * 1024 * 1024,
            supported_input_formats=[_PICKLE, _CBOR],
            supported_output_formats=[_PICKLE],
        )
        response = api_pb2.FunctionGetResponse(function_id=function_id, handle_metadata=handle)
        ranked = response.function.ranked_functions.add()  # since 1.6 the client refuses an empty list
        ranked.function.function_name = key[1]
        ranked.function.timeout_secs = 300
        await stream.send_message(response)

    async def FunctionMap(self, stream: Any) -> None:
        request = await self._told(stream, "FunctionMap")
        call_id, started = f"fc-{next(self._ids)}", []
        for item in request.pipelined_inputs:
            body = self.state.functions[self._functions[request.function_id]]
            arguments, named = deserialize_data_format(item.input.args, item.input.data_format, None)
            outcome = self._pool.submit(body, call_id, *arguments, **named)
            self.state.calls[call_id] = Call(call_id, outcome)
            told = api_pb2.FunctionPutInputsResponseItem(idx=item.idx, input_id=f"in-{call_id}", input_jwt=call_id)
            started.append(told)
        self._lose("FunctionMap")
        await stream.send_message(
            api_pb2.FunctionMapResponse(
                function_call_id=call_id,
                function_call_jwt=call_id,
                pipelined_inputs=started,
                max_inputs_outstanding=1000,
            )
        )

    async def FunctionGetOutputs(self, stream: Any) -> None:
        request = await self._told(stream, "FunctionGetOutputs")
        call = self._call(request.function_call_id)
        give_up_at = time.monotonic() + request.timeout
        while not (call.is_expired or call.is_cancelled or call.outcome.done() or time.monotonic() >= give_up_at):
            await asyncio.sleep(0.005)
        if call.is_expired:  # neither outputs nor anything unfinished
            await stream.send_message(api_pb2.FunctionGetOutputsResponse(num_unfinished_inputs=0))
            return
        ready = [_output(call)] if call.is_cancelled or call.outcome.done() else []
        await stream.send_message(
            api_pb2.FunctionGetOutputsResponse(outputs=ready, num_unfinished_inputs=1 - len(ready), last_entry_id="1-0")
        )

    async def FunctionCallFromId(self, stream: Any) -> None:
        request = await self._told(stream, "FunctionCallFromId")
        call = self._call(request.function_call_id)
        await stream.send_message(api_pb2.FunctionCallFromIdResponse(function_call_id=call.id, num_inputs=1))

    async def FunctionCallCancel(self, stream: Any) -> None:
        request = await self._told(stream, "FunctionCallCancel")
        self._call(request.function_call_id).is_cancelled = True
        await stream.send_message(Empty())

    async def DictGetOrCreate(self, stream: Any) -> None:
        request = await self._told(stream, "DictGetOrCreate")
        self.state.dicts.setdefault(request.deployment_name, {})
        metadata = api_pb2.DictMetadata(name=request.deployment_name)
        await stream.send_message(
            api_pb2.DictGetOrCreateResponse(dict_id=f"di-{request.deployment_name}", metadata=metadata)
        )

    async def DictUpdate(self, stream: Any) -> None:
        request = await self._told(stream, "DictUpdate")
        self._dict(request).update({entry.key: entry.value for entry in request.updates})
        await stream.send_message(api_pb2.DictUpdateResponse(created=True))

    async def DictPop(self, stream: Any) -> None:
        request = await self._told(stream, "DictPop")
        value = self._dict(request).pop(request.key, None)
        await stream.send_message(api_pb2.DictPopResponse(found=value is not None, value=value))

    async def DictContents(self, stream: Any) -> None:
        request = await self._told(stream, "DictContents")
        for key, value in list(self._dict(request).items()):
            await stream.send_message(api_pb2.DictEntry(key=key, value=value))

    def _dict(self, request: Any) -> dict[bytes, bytes]:
        return self.state.dicts[request.dict_id.removeprefix("di-")]

    def _call(self, call_id: str) -> Call:
        if call_id not in self.state.calls:
            raise GRPCError(Status.NOT_FOUND, f"no such function call {call_id}")
        return self.state.calls[call_id]


def _output(call: Call) -> Any:
    if call.is_cancelled:
        result = _Result(status=_Result.GENERIC_STATUS_TERMINATED, exception="cancelled")
    elif (error := call.outcome.exception()) is None:
        data = serialize_data_format(call.outcome.result(), _PICKLE)
        result = _Result(status=_Result.GENERIC_STATUS_SUCCESS, data=data)
    elif isinstance(error, KilledAtTimeout):
        result = _Result(status=_Result.GENERIC_STATUS_TIMEOUT, exception=repr(error))
    else:  # the exception itself travels
        status, data = _Result.GENERIC_STATUS_FAILURE, cloudpickle.dumps(error)
        result = _Result(status=status, data=data, exception=repr(error), traceback="")
    return api_pb2.FunctionGetOutputsItem(input_id=f"in-{call.id}", idx=0, result=result, data_format=_PICKLE)


class Serving:
    """The control plane on a free port of 127.0.0.1 for the length of a block, which gets its URL: the client calls
    what MODAL_SERVER_URL says."""

    def __init__(self, state: State) -> None:
        servicer: Any = ControlPlane  # abstract but for the decorator
        self._plane = servicer(state)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._is_up = threading.Event()
        self._url = ""

    def __enter__(self) -> str:
        self._thread.start()
        if not self._is_up.wait(_STARTED_WITHIN_S):
            raise RuntimeError(f"Modal's control plane did not start within {_STARTED_WITHIN_S} s")
        return self._url

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._server.close)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._listen())
        self._loop.run_forever()
        self._loop.close()

    async def _listen(self) -> None:
        self._server = grpclib.server.Server([self._plane], status_details_codec=custom_detail_codec)
        await self._server.start("127.0.0.1", 0)
        listening: Any = self._server._server
        self._url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
        self._is_up.set()
