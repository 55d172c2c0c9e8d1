/**
 * True when a file's name contains a hash of its content, so that the content at this name never changes:
 * `app-BK3f9xQz.js`, `style.3f2a9c1b.css`, `chunk-7QXT3KPA.mjs`.
 *
 * A missed hash costs a visitor one request; a falsely found one shows an old file for a year. So a hash must not look like
 * a word, a number, a date or a version. It is a part of the name after a `.`, `-` or `_`, with at least eight letters and
 * digits, which alternate at least twice. It is hexadecimal, or base32 in capitals, or mixes capitals and small letters. A
 * page never has one.
 */
export function isFingerprinted(path: string): boolean {
  const name = path.slice(path.lastIndexOf('/') + 1)
  const [, stem, extension] = /^([^.].*?)\.(?:min\.)?(\w{1,11}(?:\.map)?)$/.exec(name) ?? []
  if (stem === undefined || extension === undefined || /^(x?html?|xht|shtml)$/i.test(extension)) return false
  return stem
    .split(/[.\-_]/)
    .slice(1)
    .some(isHash)
}

function isHash(part: string): boolean {
  if (!/^[A-Za-z0-9]{8,64}$/.test(part)) return false
  const changes = part.match(/[0-9](?=[A-Za-z])|[A-Za-z](?=[0-9])/g)?.length ?? 0
  if (changes < 2) return false
  return /^([0-9a-f]+|[A-Z2-7]+)$/.test(part) || (/[a-z]/.test(part) && /[A-Z]/.test(part))
}
