"""What an owner does with an appliance: at its console as root, and over ssh with a key."""
import os
import subprocess

from appliance import log_in


class Owner:
    """password and key are the owner's own; key: a file that ssh-keygen makes."""

    def __init__(self, folder):
        self.password = "correct horse battery staple"
        self.key = f"{folder}/owner_key"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "owner", "-f", self.key], check=True)
        with open(f"{self.key}.pub", encoding="ascii") as public:
            self.public_key = public.read().strip()
        self.askpass = f"{folder}/askpass"
        with open(self.askpass, "w", encoding="ascii") as script:
            script.write(f"#!/bin/sh\necho '{self.password}'\n")
        os.chmod(self.askpass, 0o700)

    def accepts_the_offer(self, machine, host_name="aimee"):
        """Answers what the console of a device without a password asked, and logs in."""
        console = machine.console
        console.send("y")
        for question in ("New password: ", "Retype new password: "):
            console.wait(question)
            console.send(self.password)
        console.wait("the new password is stored and in force")
        self.logs_in(machine, host_name)

    def logs_in(self, machine, host_name):
        log_in(machine, self.password, host_name)

    def types(self, machine, command):
        """At the console, logged in; the command has to succeed."""
        machine.console.send(f"{command} && echo done $((1 + 1))")
        machine.console.wait("^done 2$")

    def ssh(self, machine, command, by="publickey"):
        """By the key or by "password": the outcome, exit status 255 where no login was had."""
        answer = {"SSH_ASKPASS": self.askpass, "SSH_ASKPASS_REQUIRE": "force"}
        return subprocess.run(
            ["ssh", "-F", "none", "-i", self.key, "-o", "IdentitiesOnly=yes", "-p", str(machine.ssh_port),
             "-o", f"PreferredAuthentications={by}", "-o", "NumberOfPasswordPrompts=1", "-o", "LogLevel=ERROR",
             "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "ConnectTimeout=120",
             "root@127.0.0.1", command], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300,
            env=os.environ | answer)


def served_host_keys(machine):
    """What ssh-keyscan is told, sorted: "ssh-ed25519 AAAA…"."""
    told = subprocess.run(["ssh-keyscan", "-T", "120", "-p", str(machine.ssh_port), "127.0.0.1"], check=True,
                          capture_output=True, text=True).stdout
    return sorted(line.split(" ", 1)[1] for line in told.splitlines() if not line.startswith("#"))


def stored_host_keys(machine):
    return sorted(" ".join(line.split()[:2]) for line in machine.run("cat /var/lib/ssh/*.pub").splitlines())
