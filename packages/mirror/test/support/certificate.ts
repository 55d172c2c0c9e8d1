import { execFileSync } from 'node:child_process'
import path from 'node:path'

/** A new certificate with its key, for `name`. */
export function issue(dir: string, name: string): { certFile: string; keyFile: string } {
  const certFile = path.join(dir, `${name}.crt`)
  const keyFile = path.join(dir, `${name}.key`)
  const kind = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1'.split(' ')
  const args = [...kind, '-subj', `/CN=${name}`, '-keyout', keyFile, '-out', certFile]
  execFileSync('openssl', args, { stdio: 'ignore' })
  return { certFile, keyFile }
}
