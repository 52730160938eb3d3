"""Starts a Jupyter kernel, has it compute, and shows what it answers; a second one is asked with asyncio.

The argument is the version of libzmq that both must run on.
"""
import asyncio
import sys

import zmq
from jupyter_client.asynchronous import AsyncKernelClient
from jupyter_client.manager import AsyncKernelManager, KernelManager

PATIENCE = 60


def result_of(get_message, request):
    """What the kernel published as the request's result: everything until it is idle again."""
    shown = []
    while True:
        message = get_message()
        if message["parent_header"].get("msg_id") != request:
            continue
        kind, content = message["msg_type"], message["content"]
        if kind == "stream":
            shown.append(content["text"].strip())
        elif kind == "execute_result":
            shown.append(content["data"]["text/plain"])
        elif kind == "error":
            shown.append(content["ename"])
        elif kind == "status" and content["execution_state"] == "idle":
            return shown


def blocking():
    manager = KernelManager()
    manager.start_kernel()
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=PATIENCE)
        for code in ("6*7", "print('x' * 5)", "1/0", "import zmq; zmq.zmq_version()"):
            # After an error a kernel aborts what it is asked in the same moment, unless it is told not to.
            request = client.execute(code, stop_on_error=False)
            shown = result_of(lambda: client.get_iopub_msg(timeout=PATIENCE), request)
            reply = client.get_shell_msg(timeout=PATIENCE)
            while reply["parent_header"].get("msg_id") != request:
                reply = client.get_shell_msg(timeout=PATIENCE)
            yield code, shown, reply["content"]["status"]
        assert client.hb_channel.is_beating()
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=False)


async def asynchronous():
    manager = AsyncKernelManager()
    await manager.start_kernel()
    client: AsyncKernelClient = manager.client()
    client.start_channels()
    try:
        await client.wait_for_ready(timeout=PATIENCE)
        request = client.execute("6*7")
        while True:
            message = await client.get_iopub_msg(timeout=PATIENCE)
            if message["msg_type"] == "execute_result" and message["parent_header"].get("msg_id") == request:
                return message["content"]["data"]["text/plain"]
    finally:
        client.stop_channels()
        await manager.shutdown_kernel(now=False)


def main():
    answers = list(blocking())
    for code, shown, status in answers[:3]:
        print(code, "gives", shown, status)
    print("asynchronously, 6*7 gives", asyncio.run(asynchronous()))
    # Caller and kernel run on the library that is meant.
    expected = sys.argv[1]
    assert zmq.zmq_version() == expected, zmq.zmq_version()
    assert answers[3][1] == [repr(expected)], answers[3]


main()
