import { printable } from '@sitedrive/core/internal'

/** Formats a release's time in the local time zone: `2026-02-28 17:05`. The publisher may have written any text, which is then kept. */
export function whenPublished(publishedAt: string): string {
  const time = new Date(publishedAt)
  if (Number.isNaN(time.getTime())) return printable(publishedAt).slice(0, 16).padEnd(16)
  const two = (number: number) => String(number).padStart(2, '0')
  const day = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`
  return `${day} ${two(time.getHours())}:${two(time.getMinutes())}`
}
