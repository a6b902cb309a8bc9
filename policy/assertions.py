"""What must be true of a linked policy, whoever changes which module. Run by policy/check in the tool root.

    assertions.py POLICY: prints a line for each assertion that does not hold. Exit: 0 all hold, 1 one does not.

Who may do what stands in the tables below and nowhere else. To allow more, add a name and say why.
"""
import sys

import setools

APPLETS = {"aimee_init_storage_t", "aimee_factory_reset_t", "aimee_relabel_var_t", "aimee_rescue_console_t",
           "aimee_set_root_password_t", "aimee_ssh_hostkey_gen_t", "aimee_writable_etc_t"}

# Of aimee's domains, who may do it. (what, target types, class, permissions, domains)
APPLETS_MAY = [
    ("read or write a raw disk", {"fixed_disk_device_t", "removable_device_t"}, "blk_file",
     {"read", "write", "append", "ioctl"},
     {"aimee_init_storage_t", "aimee_factory_reset_t"}),
    ("send commands to a disk", {"scsi_generic_device_t"}, "chr_file", {"read", "write", "append", "ioctl"}, set()),
    ("write what is in shadow", {"shadow_t"}, "file", {"write", "append", "link"},
     # in place, block by block; and seeding, merging of a newer image's accounts
     {"aimee_set_root_password_t", "aimee_writable_etc_t"}),
    ("read shadow", {"shadow_t"}, "file", {"read"},
     # the console tells whether there is a password at all
     {"aimee_set_root_password_t", "aimee_writable_etc_t", "aimee_rescue_console_t"}),
    ("give shadow's label", {"shadow_t"}, "file", {"relabelto"},
     # a newer policy's labels; never the content
     {"aimee_relabel_var_t"}),
    ("read or write host keys", {"sshd_key_t"}, "file", {"read", "write", "append"}, {"aimee_ssh_hostkey_gen_t"}),
    ("change the policy in force", {"security_t"}, "security",
     {"load_policy", "setenforce", "setbool", "setsecparam"}, set()),
    # the host name is set by sethostname(2)
    ("set a parameter of the kernel", {"sysctl_type"}, "file", {"write", "append"}, set()),
    ("write a policy", {"policy_config_t", "selinux_config_t", "file_context_t", "default_context_t"}, "file",
     {"write", "append", "create"}, set()),
]

# Everybody in the policy who may write shadow: refpolicy's own, among them every unconfined domain.
SHADOW_WRITERS = {
    "passwd_t", "sysadm_passwd_t", "useradd_t", "groupadd_t", "updpwd_t", "yppasswdd_t",  # who is there for it
    "systemd_sysusers_t",                                                                # accounts of an image
    "apt_t", "dpkg_t", "dpkg_script_t", "puppet_t", "ldconfig_t", "prelink_t",           # Debian's: packages
    "cockpit_session_t", "xdm_t", "xserver_t", "inetd_child_t",                          # login programs
}


class Policy:
    def __init__(self, path):
        self.policy = setools.SELinuxPolicy(path)
        self.findings = []

    def members(self, attribute):
        return {str(name) for name in self.policy.lookup_typeattr(attribute).expand()}

    def allowed(self, targets, object_class, permissions):
        """The domains that an allow rule gives one of the permissions on one of the targets."""
        sources = set()
        known = {str(p) for p in self.policy.lookup_class(object_class).perms}
        try:
            known |= {str(p) for p in self.policy.lookup_class(object_class).common.perms}
        except setools.exception.NoCommon:
            pass
        if missing := permissions - known:
            self.findings.append(f"class {object_class} has no permission {', '.join(sorted(missing))}")
        for target in sorted(targets):
            query = setools.TERuleQuery(self.policy, ruletype=["allow"], target=target, target_indirect=True,
                                        tclass=[object_class], perms=sorted(permissions & known))
            for rule in query.results():
                sources |= {str(name) for name in rule.source.expand()}
        return sources

    def expect_only(self, what, found, wanted):
        for name in sorted(found - wanted):
            self.findings.append(f"{name} may {what}, and is not among those that may")
        for name in sorted(wanted - found):
            self.findings.append(f"{name} is to {what}, and may not")

    def expect_none(self, what, found):
        for name in sorted(found):
            self.findings.append(f"{name} {what}")


def check(policy):
    policy.expect_only("be an applet's domain", policy.members("aimee_domain"), APPLETS)
    for what, targets, object_class, permissions, domains in APPLETS_MAY:
        policy.expect_only(what, policy.allowed(targets, object_class, permissions) & APPLETS, domains)

    unconfined = policy.members("unconfined_domain_type")
    policy.expect_none("is unconfined", unconfined & APPLETS)
    policy.expect_none("is permissive", {str(t) for t in policy.policy.types() if t.ispermissive})
    writers = policy.allowed({"shadow_t"}, "file", {"write", "append", "link"})
    policy.expect_none("may write shadow, and is not among those that may",
                       writers - unconfined - SHADOW_WRITERS - APPLETS)

    # An applet's domain is entered by aimee's file alone, and only from where an administrator or systemd is.
    for name in sorted(APPLETS):
        query = setools.TERuleQuery(policy.policy, ruletype=["allow"], source=name, source_indirect=True,
                                    tclass=["file"], perms=["entrypoint"])
        policy.expect_none(f"is an entry to {name}",
                           {str(t) for rule in query.results() for t in rule.target.expand()} - {"aimee_exec_t"})
    policy.expect_none("may start an applet in its domain",
                       policy.allowed(APPLETS, "process", {"transition"}) - unconfined -
                       {"init_t", "sysadm_t", "aimee_rescue_console_t"})


def main():
    policy = Policy(sys.argv[1])
    check(policy)
    for finding in policy.findings:
        print(finding)
    sys.exit(1 if policy.findings else 0)


main()
