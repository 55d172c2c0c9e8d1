import { InvalidArgumentError, Option } from 'commander'

export const projectOption = () =>
  new Option(
    '--project <dir>',
    'the folder of sitedrive.json; works as if started there (default: this folder)'
  )

export const jsonOption = () => new Option('--json', 'one JSON object on stdout, everything else on stderr')

export const bootstrapOption = () =>
  new Option(
    '--bootstrap <host:port>',
    'the DHT node to start from (default: SITEDRIVE_BOOTSTRAP, else the public ones)'
  )

/** Reads the value of an option that may be given several times: `a,b`. */
export function joined(words: string, before?: string): string {
  return before === undefined ? words : `${before},${words}`
}

/** Reads a port. @throws {InvalidArgumentError} when it is none */
export function portOf(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) < 65_536) return Number(text)
  throw new InvalidArgumentError('It is a number from 0 to 65535.')
}
