import { SitedriveError } from '../error.js'

/** The address of one DHT node. */
export interface Address {
  host: string
  port: number
}

/**
 * Parses a comma-separated list of `host:port`.
 *
 * @throws {SitedriveError} BAD_OPTION when a part is not `host:port`
 */
export function parseBootstrap(text: string): Address[] {
  return text.split(',').map((part) => {
    const match = /^\[?([^\]]+?)\]?:(\d{1,5})$/.exec(part.trim())
    const port = Number(match?.[2])
    if (!match?.[1] || port < 1 || port > 65535) {
      throw new SitedriveError(
        'BAD_OPTION',
        `\`${part}\` is no DHT node: expected host:port, such as 127.0.0.1:49737.`
      )
    }
    return { host: match[1], port }
  })
}
