/** Linux and macOS take no longer names; Windows counts characters, which are never more. Bytes. */
const MAX_NAME_BYTES = 255

/** The longest path below the target. Systems allow about 4,096 bytes with the target before it. Bytes. */
const MAX_PATH_BYTES = 3_000

/** Names that are devices on Windows, with any extension. Source: learn.microsoft.com, "Naming Files, Paths, and Namespaces". */
const DEVICES = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)( *\.|$)/i

/** Characters that HFS+ leaves out when it compares names: with one of them, `.git` is still `.git`. */
const IGNORED_ON_MACS = /[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/g

/**
 * Why a path of a drive cannot be a file in a folder of this machine. Whoever wrote the drive chose the path.
 *
 * @param path as the drive has it
 * @param platform of this machine, as `process.platform`
 * @returns part of a sentence for people; null: it can
 */
export function whyNoFile(path: string, platform: NodeJS.Platform): string | null {
  if (!path.startsWith('/')) return 'its path does not start with `/`'
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) return 'its path is too long'
  for (const name of path.slice(1).split('/')) {
    const why = whyNoName(name) ?? (platform === 'win32' ? whyNoNameOnWindows(name) : null)
    if (why !== null) return why
  }
  return null
}

function whyNoName(name: string): string | null {
  // guard: copy: no path leads out of the target
  if (name === '' || name === '.' || name === '..') return 'its path has an empty part, `.` or `..`'
  // eslint-disable-next-line no-control-regex -- these are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(name)) return 'its name has a control character'
  // Windows takes it for a separator, and so does a program that unpacks what was copied here.
  if (name.includes('\\')) return 'its name has a backslash'
  if (Buffer.from(name).toString() !== name) return 'its name is no valid text'
  if (Buffer.byteLength(name) > MAX_NAME_BYTES) return 'its name is too long'
  // guard: copy: no file becomes a hook of git
  return isGitFolder(name) ? 'git would run what lies there' : null
}

/** `.git`, as every file system that git knows of spells it. */
function isGitFolder(name: string): boolean {
  const plain = name.replace(IGNORED_ON_MACS, '').toLowerCase()
  return /^(\.git|git~\d+)[. ]*(:.*)?$/.test(plain)
}

function whyNoNameOnWindows(name: string): string | null {
  if (/[<>:"|?*]/.test(name)) return 'its name has a character that Windows does not allow'
  if (/[. ]$/.test(name)) return 'its name ends with a dot or a space, which Windows leaves out'
  return DEVICES.test(name) ? 'its name is that of a device of Windows' : null
}
