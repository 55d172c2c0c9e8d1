"""Hosts on this machine, each in a network namespace of its own, and the router between them.

    python3 router.py <seed> <host> ...

Every IPv4 packet that one host sends to another goes through this process, which can delay it, lose it, make it wait for
bandwidth, or drop it. The namespaces have no names: they are gone when this process and all programs in them have ended.

Writes one JSON object when all hosts are up: { "hosts": { name: { "address", "fd" } } }; `/proc/<pid>/fd/<fd>` is the host's
network namespace. Then reads one JSON object a line, and answers each with one:

    { "set": { host: { "delayMs", "loss", "mbit", "isCut", "dropsUdp" } } }   what is not named becomes as on a perfect line
    { "count": true }   answers { host: bytes }: how much of its IP packets has left it since the start

A host's line has the same properties in both directions. Ends when its input ends.
"""

import ctypes
import fcntl
import heapq
import json
import os
import random
import select
import socket
import struct
import sys
import time

CLONE_NEWNET = 0x40000000
TUNSETIFF = 0x400454CA
IFF_TUN, IFF_NO_PI = 0x0001, 0x1000
SIOCSIFFLAGS, SIOCSIFADDR, SIOCSIFNETMASK, SIOCSIFTXQLEN = 0x8914, 0x8916, 0x891C, 0x8943
IFF_UP, IFF_RUNNING = 0x1, 0x40
DEVICE = b"eth0"
# Public addresses: HyperDHT treats private ones in a way of its own. Nothing of it leaves this machine.
NETWORK = "11.0.0."
UDP = 17
# How long a packet may wait for bandwidth before it is dropped.
QUEUE_SECONDS = 0.1
# A sender's burst must not be lost before it is read here.
QUEUED_PACKETS = 20_000


class Line:
    """One direction of a host's line."""

    def __init__(self):
        self.bytes = 0
        self.free_at = 0.0
        self.set({})

    def set(self, properties):
        self.delay = properties.get("delayMs", 0) / 1000
        self.loss = properties.get("loss", 0)
        mbit = properties.get("mbit")
        self.seconds_per_byte = 8 / (mbit * 1_000_000) if mbit else 0
        self.is_cut = properties.get("isCut", False)
        self.drops_udp = properties.get("dropsUdp", False)

    def passes(self, packet, at, chance):
        """When a packet that enters at a time has come through, or None when it does not."""
        if self.is_cut or (self.drops_udp and packet[9] == UDP):
            return None
        start = max(at, self.free_at)
        if start - at > QUEUE_SECONDS:
            return None
        end = start + len(packet) * self.seconds_per_byte
        self.free_at = end
        if self.loss and chance.random() < self.loss:
            return None
        self.bytes += len(packet)
        return end + self.delay


class Host:
    def __init__(self, number):
        self.address = NETWORK + str(number)
        self.up, self.down = Line(), Line()
        enter_new_namespace()
        self.fd = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
            switch_on(control, b"lo")
            self.tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
            fcntl.ioctl(self.tun, TUNSETIFF, struct.pack("16sH", DEVICE, IFF_TUN | IFF_NO_PI))
            fcntl.ioctl(control, SIOCSIFADDR, request_with(self.address))
            fcntl.ioctl(control, SIOCSIFNETMASK, request_with("255.255.255.0"))
            fcntl.ioctl(control, SIOCSIFTXQLEN, struct.pack("16si20x", DEVICE, QUEUED_PACKETS))
            switch_on(control, DEVICE)


def enter_new_namespace():
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"no network namespace can be made: {os.strerror(number)}")


def request_with(address):
    return struct.pack("16sHH4s16x", DEVICE, socket.AF_INET, 0, socket.inet_aton(address))


def switch_on(control, device):
    fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sH22x", device, IFF_UP | IFF_RUNNING))


def say(answer):
    print(json.dumps(answer), flush=True)


def main(seed, names):
    chance = random.Random(seed)
    hosts = {name: Host(number) for number, name in enumerate(names, 1)}
    by_address = {socket.inet_aton(host.address): host for host in hosts.values()}
    by_tun = {host.tun: host for host in hosts.values()}
    say({"hosts": {name: {"address": host.address, "fd": host.fd} for name, host in hosts.items()}})

    def obey(command):
        for name, properties in command.get("set", {}).items():
            hosts[name].up.set(properties)
            hosts[name].down.set(properties)
        if not command.get("count"):
            return say({})
        say({name: host.up.bytes for name, host in hosts.items()})

    on_their_way = []
    number = 0

    def take(sender):
        nonlocal number
        while True:
            try:
                packet = os.read(sender.tun, 65_535)
            except BlockingIOError:
                return
            receiver = by_address.get(packet[16:20]) if packet[0] >> 4 == 4 else None
            if receiver is None:
                continue
            left_at = sender.up.passes(packet, time.monotonic(), chance)
            due = None if left_at is None else receiver.down.passes(packet, left_at, chance)
            if due is not None:
                number += 1
                heapq.heappush(on_their_way, (due, number, receiver.tun, packet))

    poll = select.epoll()
    for tun in by_tun:
        poll.register(tun, select.EPOLLIN)
    poll.register(0, select.EPOLLIN)
    commands = b""
    while True:
        wait = max(0, on_their_way[0][0] - time.monotonic()) if on_their_way else -1
        for fd, _ in poll.poll(wait):
            if fd in by_tun:
                take(by_tun[fd])
                continue
            read = os.read(0, 65_536)
            if not read:
                return
            *lines, commands = (commands + read).split(b"\n")
            for line in lines:
                obey(json.loads(line))
        now = time.monotonic()
        while on_their_way and on_their_way[0][0] <= now:
            _, _, tun, packet = heapq.heappop(on_their_way)
            os.write(tun, packet)


main(int(sys.argv[1]), sys.argv[2:])
