#!/usr/bin/python3
"""A socket where a controller should be, that behaves badly in one way.

false_controller.py PATH rubbish|silent|flood|lies|hangup|dies   prints "listening on PATH", serves until it is ended
"""

import random
import socket
import sys
import time

# LE Advertising Report events of one stranger, as fast as they are taken.
REPORT = bytes.fromhex("043e0c020100000605040302c000ce")
COMPLETE_HEADER = b"\x04\x0e"
SEED = 20


def rubbish(link):
    source = random.Random(SEED)
    while True:
        link.sendall(source.randbytes(source.randint(1, 300)))
        time.sleep(0.001)


def silent(link):
    while link.recv(4096):
        pass


def flood(link):
    while True:
        link.sendall(REPORT * 64)


def lies(link):
    """Answers every command with success and no values."""
    while packet := link.recv(4096):
        if packet[:1] == b"\x01" and len(packet) >= 3:
            link.sendall(COMPLETE_HEADER + bytes([4, 1]) + packet[1:3] + b"\x00")


def hangup(link):
    link.close()


def dies(link):
    """Answers the first command, and goes."""
    packet = link.recv(4096)
    link.sendall(COMPLETE_HEADER + bytes([4, 1]) + packet[1:3] + b"\x00")
    time.sleep(0.1)
    link.close()


def main():
    path, behaviour = sys.argv[1:]
    door = socket.socket(socket.AF_UNIX)
    door.bind(path)
    door.listen()
    print(f"listening on {path}", flush=True)
    while True:
        link, _ = door.accept()
        try:
            globals()[behaviour](link)
        except OSError:
            pass


main()
