import { once } from 'node:events'
import { withFile } from '@sitedrive/reader'
import { EXIT, type Session } from '@sitedrive/terminal'
import { withSite } from '../with-site.js'

export interface GetFlags {
  release?: number
}

/** How long one block may take. Milliseconds. */
const STALL_MS = 15_000

/** Writes one file of a site to standard output. */
export async function get(session: Session, link: string, flags: GetFlags): Promise<number> {
  const { screen } = session
  await withSite(session, link, async (site, address) => {
    const release = flags.release ?? address.release
    const wanted = { path: address.path, release, version: address.version, stallMs: STALL_MS }
    await withFile(site, wanted, async (file) => {
      screen.clearProgress()
      for await (const piece of file.bytes()) {
        if (screen.isJson || process.stdout.write(piece)) continue
        await once(process.stdout, 'drain')
      }
      // Only now: `bytes` fails at the end when they are not what was signed.
      screen.json({ key: address.key, path: file.path, bytes: file.byteLength, hash: file.hash })
    })
  })
  return EXIT.done
}
