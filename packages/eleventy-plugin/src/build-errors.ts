import type { BuildFailure } from '@sitedrive/core/preview'
import type { EleventyLogger } from './eleventy.js'

const HOOKED = Symbol.for('@sitedrive/eleventy-plugin: hears errors')

/**
 * Hears what Eleventy prints of a failed build. No event tells of one: of all that plugins get, only the log has the reason.
 *
 * @param onError called with each line of an error, at the time it is printed
 */
export function hearErrors(logger: EleventyLogger, onError: (line: string) => void): void {
  const hooked = logger as EleventyLogger & { [HOOKED]?: (line: string) => void }
  const isHooked = hooked[HOOKED] !== undefined
  hooked[HOOKED] = onError
  if (isHooked || typeof logger.message !== 'function') return
  const message = logger.message.bind(logger)
  logger.message = (text, type, ...rest) => {
    if (type === 'error') hooked[HOOKED]?.(String(text))
    return message(text, type, ...rest)
  }
}

/** What a failed build's lines say, with the place where they name one. */
export function failureFrom(lines: readonly string[]): BuildFailure {
  const shown = lines.filter((line) => !/^\s*Original error stack trace/.test(line))
  const text = shown.join('\n').trim() || 'The build failed.'
  const file = /(?:^|[\s(`'"])(\.\/[^\s():`'"]+)/m.exec(text)?.[1] ?? null
  // Nunjucks: `[Line 3, Column 5]`; Liquid: `line:3, col:5`; JavaScript, YAML: `(3:5)`.
  const place = /\[Line (\d+), Column (\d+)\]|\bline:? ?(\d+),? col(?:umn)?:? ?(\d+)|\((\d+):(\d+)\)/i.exec(
    text
  )
  const [line, column] = (place ?? []).slice(1).filter((digits) => digits !== undefined)
  return { message: text, file, line: numberOf(line), column: numberOf(column) }
}

function numberOf(digits: string | undefined): number | null {
  return digits === undefined ? null : Number(digits)
}
