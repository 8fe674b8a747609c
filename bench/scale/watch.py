"""What each role, each server and the client use while something is measured: cores and memory, from /proc, once a second."""

import os
import threading
import time

TICK = os.sysconf("SC_CLK_TCK")


def read(path):
    """A file of /proc; nothing where its process has ended."""
    try:
        with open(path) as file:
            return file.read()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def family(pid):
    """A process and everything below it."""
    found = [pid]
    for child in read(f"/proc/{pid}/task/{pid}/children").split():
        found += family(int(child))
    return found


def seconds(pid, with_ended_children=False):
    """CPU seconds of a process, those of its children included that have ended and were waited for."""
    fields = read(f"/proc/{pid}/stat").rpartition(")")[2].split()
    if not fields:
        return 0.0
    last = 15 if with_ended_children else 13
    return sum(int(ticks) for ticks in fields[11:last]) / TICK


def memory(pid):
    """Resident MiB of a process, and its share of them (PSS), in which a page of several processes counts once."""
    lines = read(f"/proc/{pid}/smaps_rollup").splitlines()
    kib = {line.split()[0]: int(line.split()[1]) for line in lines[1:]}
    return kib.get("Rss:", 0) / 1024, kib.get("Pss:", 0) / 1024


def busy():
    """CPU seconds that the whole machine was not idle, since boot."""
    user, nice, system, _idle, _wait, *interrupts = (int(ticks) for ticks in read("/proc/stat").splitlines()[0].split()[1:8])
    return (user + nice + system + sum(interrupts)) / TICK


class Watch:
    """Samples between `with` and its end, of the processes that the file names in lines of `NAME PID`."""

    def __init__(self, processes, every=1.0):
        self.processes, self.every = processes, every
        self.samples, self.ended = [], threading.Event()

    def __enter__(self):
        self.thread = threading.Thread(target=self._run)
        self.sample()
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.thread.join()
        self.sample()

    def _run(self):
        while not self.ended.wait(self.every):
            self.sample()

    def sample(self):
        """Looks once."""
        groups = {}
        with open(self.processes) as file:
            for line in file:
                name, pid = line.split()
                groups.setdefault(name, []).append(int(pid))
        groups["client"] = [os.getpid()]
        cpu, rss, pss = {}, {}, {}
        for name, roots in groups.items():
            # A server's processes come and go; what they used is then their parent's. This one's children are clients too.
            cpu[name] = sum(seconds(pid, pid in roots) for root in roots for pid in family(root))
            sizes = [memory(pid) for root in roots for pid in family(root)]
            rss[name], pss[name] = (sum(kind) for kind in zip(*sizes))
        self.samples.append({"at": time.time(), "cpu": cpu, "busy": busy(), "rss": rss, "pss": pss})

    def summary(self):
        """Mean cores of each, of all that is none of them, and the highest memory of each."""
        first, last = self.samples[0], self.samples[-1]
        span = last["at"] - first["at"]
        cores = {name: (used - first["cpu"].get(name, 0)) / span for name, used in last["cpu"].items()}
        cores["others"] = (last["busy"] - first["busy"]) / span - sum(cores.values())
        highest = lambda kind: {name: round(max(s[kind].get(name, 0) for s in self.samples), 1) for name in last[kind]}
        return {
            "cores": {name: round(value, 3) for name, value in cores.items()},
            "rss_mib": highest("rss"),
            "pss_mib": highest("pss"),
        }

    def series(self, points=200):
        """MiB of each over time, thinned out: resident, but of PostgreSQL's many processes the share (PSS)."""
        step = max(1, len(self.samples) // points)
        begun = self.samples[0]["at"]
        size = lambda sample, name: sample["pss" if name == "postgres" else "rss"][name]
        return [
            {"s": round(s["at"] - begun, 1), **{name: round(size(s, name), 1) for name in s["rss"]}} for s in self.samples[::step]
        ]
