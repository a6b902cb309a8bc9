// Plans and their descriptions; pure.
#include "plan/operation.h"

#include "base/text.h"

namespace aimee {

namespace {

template <class... Functions>
struct Overloaded : Functions... {
  using Functions::operator()...;
};

std::string inside(const VolumeOptions& options, std::string_view path) {
  return options.subvolume.empty() ? std::string(path) : concat(options.subvolume, "/", path);
}

Plan creation_plan(const PlanInput& input) {
  Plan plan;
  if (input.volume.state == State::reset_armed) plan = erasing_plan(input.volume, {false, input.others});
  if (!input.volume.old_copies.empty() || input.volume.old_table) {
    plan.emplace_back(EraseOldRemains{input.volume.old_copies, input.volume.old_table});
  }
  plan.emplace_back(MakeFilesystem{input.uuid, std::string(creating_label)});
  plan.emplace_back(MountStaging{input.options.staging});
  if (!input.options.subvolume.empty()) {
    plan.emplace_back(CreateSubvolume{SubvolumeLine{"/var", 0755, "0", "0"}, input.options.subvolume});
  }
  constexpr std::size_t prefix = std::string_view("/var/").size();
  for (const SubvolumeLine& line : input.subvolumes) {
    plan.emplace_back(CreateSubvolume{line, inside(input.options, line.path.substr(prefix))});
  }
  plan.emplace_back(CopyTemplate{input.options.subvolume, input.policy});
  plan.emplace_back(SyncFilesystem{});
  plan.emplace_back(CommitLabel{std::string(committed_label)});
  plan.emplace_back(UnmountStaging{});
  return plan;
}

// The commit's transaction reached the primary superblock and not its copies: committing once more, to the
// label that is there, writes them all.
Plan completion_plan(const PlanInput& input) {
  return {MountStaging{input.options.staging}, CommitLabel{input.ready_label}, UnmountStaging{}};
}

}  // namespace

std::string describe(const Operation& operation) {
  return std::visit(
      Overloaded{
          [](const WriteToken& write) {
            std::string text = "write the reset token into the superblock";
            if (write.superblock != superblock_offsets[0]) {
              text += concat(", made from the copy at ", human_size(write.superblock));
            }
            return text;
          },
          [](const MendSuperblock& mend) {
            const std::string where = mend.device.empty() ? std::string() : concat(" on ", mend.device);
            if (mend.label.empty()) return concat("write the checksum of the superblock that is there", where);
            return concat("write the label ", printable(mend.label), " into the superblock", where);
          },
          [](const EraseVolume& erase) {
            std::string devices;
            for (const std::string& other : erase.others)
              devices += concat(devices.empty() ? ", also on " : ", ", other);
            return concat("erase the whole volume", devices, ": superblock copies, discard, ",
                          erase.quick ? "overwrite only where a volume is recognised" : "overwrite",
                          ", read back, token last");
          },
          [](const EraseOldRemains& erase) {
            std::string copies = erase.copies.empty() ? "" : "old btrfs superblock copies at";
            for (const std::uint64_t offset : erase.copies) copies += concat(" ", human_size(offset));
            const std::string_view both = !erase.copies.empty() && erase.table ? " and " : "";
            return concat("erase ", copies, both, erase.table ? "the backup of an old partition table" : "");
          },
          [](const MakeFilesystem& make) {
            return concat("make btrfs with mkfs.btrfs: UUID ", uuid_text(make.uuid), ", label ", make.label);
          },
          [](const MountStaging& mount) {
            return concat("mount it at the staging mount point with ",
                          mount.options.empty() ? std::string("the default options") : printable(mount.options));
          },
          [](const CreateSubvolume& create) {
            return concat("create subvolume ", printable(create.path), " for ", printable(create.line.path), ", mode 0",
                          in_base(create.line.mode, 8), ", owner ", printable(create.line.user), ":",
                          printable(create.line.group));
          },
          [](const CopyTemplate& copy) {
            return concat("copy the image's /var to ",
                          copy.destination.empty() ? "the top level" : printable(copy.destination), ", ",
                          copy.policy.empty() ? "keeping the files' labels"
                                              : concat("with the labels of policy ", printable(copy.policy)));
          },
          [](const SyncFilesystem&) { return std::string("write everything to the disk"); },
          [](const CommitLabel& commit) { return concat("commit: set the label to ", printable(commit.label)); },
          [](const PreferLink& prefer) {
            return concat("make udev's link ", printable(prefer.link), " lead to ", prefer.device);
          },
          [](const UnmountStaging&) { return std::string("unmount it and empty the disk's cache"); },
      },
      operation);
}

Plan erasing_plan(const VolumeState& volume, EraseVolume erase) {
  Plan plan;
  if (!volume.token_to_write.empty()) {
    plan.emplace_back(WriteToken{volume.resettable->superblock, volume.token_to_write});
  }
  plan.emplace_back(std::move(erase));
  return plan;
}

Plan make_plan(const PlanInput& input) {
  Plan plan;
  switch (input.volume.state) {
    case State::blank:
    case State::unfinished:
    case State::reset_armed:
      plan = creation_plan(input);
      break;
    case State::ready:
      if (input.volume.copies_are_stale) plan = completion_plan(input);
      plan.insert(plan.begin(), input.mend_others.begin(), input.mend_others.end());
      if (input.volume.superblock_is_torn) plan.insert(plan.begin(), MendSuperblock{});
      break;
    case State::existing:
      break;
    case State::foreign:
    case State::damaged:
      return {};
  }
  if (!input.misled.link.empty()) plan.emplace_back(input.misled);
  return plan;
}

}  // namespace aimee
