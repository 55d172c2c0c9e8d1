import { linkOf, verifyRelease, type Verification } from '@sitedrive/core'
import { formatBytes, plural, printable } from '@sitedrive/core/internal'
import { EXIT, type Session } from '@sitedrive/terminal'

export interface VerifyFlags {
  release?: number
}

/** More paths than this are only counted; `--json` has all. */
const MAX_NAMED = 20

export async function verify(
  { projectDir, env, screen, signal }: Session,
  flags: VerifyFlags
): Promise<number> {
  const onProgress = (done: number) => screen.progress(`Comparing: ${plural(done, 'file')}`)
  screen.progress('Reading the release')
  const found = await verifyRelease(projectDir, env, { ...flags, signal, onProgress })
  screen.json(found)
  const { release, files, checked, damaged, notHeld } = found
  const isDone = damaged.length === 0 && (checked > 0 || files === 0)
  if (!screen.isJson) {
    if (checked > 0 || files === 0) screen.print(`Release ${release}: ${described(found)}`)
    for (const { path, why } of damaged.slice(0, MAX_NAMED)) screen.print(`  ${printable(path)}: ${why}`)
    printRemainingCount(damaged.length)
    if (notHeld.length > 0) {
      screen.print(
        checked > 0
          ? `${plural(notHeld.length, 'file')} could not be compared, for not all of it is on this machine:`
          : `Release ${release}: nothing could be compared, for none of its files are on this machine. Verify on the machine that published them, or ask a peer: its status page names what is not as signed.`
      )
      if (checked > 0) for (const path of notHeld.slice(0, MAX_NAMED)) screen.print(`  ${printable(path)}`)
      if (checked > 0) printRemainingCount(notHeld.length)
    }
    screen.print(linkOf(found.key))
  }
  return isDone ? EXIT.done : EXIT.failed

  function printRemainingCount(count: number): void {
    if (count > MAX_NAMED) screen.print(`  … and ${count - MAX_NAMED} more: \`--json\` names all.`)
  }
}

function described({ files, checked, checkedBytes, damaged }: Verification): string {
  const compared = checked === files ? plural(files, 'file') : `${checked} of ${plural(files, 'file')}`
  const what = `${compared}, ${formatBytes(checkedBytes)}`
  if (damaged.length === 0) return `${what}: all are what was signed.`
  return `${what}: ${damaged.length} ${damaged.length === 1 ? 'is' : 'are'} not what was signed.`
}
