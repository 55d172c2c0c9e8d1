import { SitedriveError } from '../error.js'

/** As `engines` of each package. */
const NEEDED = [20, 19] as const

/**
 * Refuses a Node.js that is too old. Package managers install under any version, and warn at most.
 *
 * @param version such as `20.19.0`
 * @throws {SitedriveError} NODE_TOO_OLD
 */
export function refuseOldNode(version: string = process.versions.node): void {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major > NEEDED[0] || (major === NEEDED[0] && minor >= NEEDED[1])) return
  throw new SitedriveError(
    'NODE_TOO_OLD',
    `sitedrive needs Node.js ${NEEDED.join('.')} or newer; here is ${version}. Nothing was published.`
  )
}
