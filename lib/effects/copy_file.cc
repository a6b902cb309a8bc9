// Copying of one file. A failure leaves a file that is not complete under its new name.
#include "effects/copy_file.h"

#include <memory>

#include "effects/attributes.h"

namespace aimee {

namespace {

Result<std::optional<std::string>> label_for(const FileContexts& contexts, const std::string& path, mode_t mode,
                                             const auto& source) {
  auto label = TRY(contexts.label_of(path, mode));
  return label ? label : stored_label(source);
}

}  // namespace

Result<std::optional<std::string>> wanted_label(const FileContexts& contexts, const std::string& path, mode_t mode,
                                                const Fd& source) {
  return label_for(contexts, path, mode, source);
}

Result<std::optional<std::string>> wanted_label(const FileContexts& contexts, const std::string& path, mode_t mode,
                                                const std::string& source) {
  return label_for(contexts, path, mode, source);
}

Result<Fd> copy_file(const Fd& source, const struct stat& status, const Fd& folder, const std::string& name,
                     const std::string& path, const FileCopier& copier, std::optional<std::string_view> content) {
  const auto wanted = TRY(wanted_label(copier.contexts, path, status.st_mode, source));
  TRY(copier.label.set(wanted));
  const mode_t mode = status.st_mode & 0777;
  Fd destination = TRY(about(path, open_at(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode)));
  if (!copier.selinux) TRY(about(path, set_label(destination, wanted)));
  if (content) {
    TRY(write_exactly(destination, std::as_bytes(std::span(*content)), 0, path));
  } else {
    TRY(copy_data(source, status, destination, copier.kernel, copier.buffer, path, copier.progress));
  }
  TRY(set_owner_and_mode(destination, status, mode, path));
  TRY(copy_attributes(source, destination, path));
  TRY(set_times(destination, status, path));
  return destination;
}

Result<Fd> copy_file(const Fd& source, const Fd& folder, const std::string& name, const std::string& path,
                     const FileContexts& contexts, std::optional<std::string_view> content) {
  const bool selinux = selinux_is_enabled();
  CreationLabel label(selinux);
  KernelCopy kernel;
  Progress progress;
  const auto buffer = std::make_unique<std::byte[]>(copy_buffer_size);
  const FileCopier copier{contexts, label, selinux, kernel, {buffer.get(), copy_buffer_size}, progress};
  const struct stat status = TRY(status_of(source, path));
  const mode_t previous = umask(0);
  auto copied = copy_file(source, status, folder, name, path, copier, content);
  umask(previous);
  return copied;
}

}  // namespace aimee
