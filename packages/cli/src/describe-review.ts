import {
  describeFinding,
  type Change,
  type FileChange,
  type Finding,
  type PageChange,
  type Review
} from '@sitedrive/core'
import { FILE_NOUNS, formatBytes, grouped, plural, printable } from '@sitedrive/core/internal'
import type { Screen } from '@sitedrive/terminal'

/** The used part of a `Screen`. */
type Painter = Pick<Screen, 'isTerminal' | 'paint'>

const PAGE_GROUPS = [
  { op: 'add', title: 'New', mark: '+', color: 'green' },
  { op: 'change', title: 'Changed', mark: '~', color: 'yellow' },
  { op: 'remove', title: 'Removed', mark: '-', color: 'red' }
] as const

/** Longer lists are cut on a terminal: otherwise the list of a first publish scrolls the summary away. */
const MAX_ON_TERMINAL = 40

/** Describes the findings of the checks: errors first, then warnings. */
export function describeFindings(findings: readonly Finding[], screen: Painter): string[] {
  const lines: string[] = []
  for (const level of ['error', 'warning'] as const) {
    const ours = findings.filter((finding) => finding.level === level)
    if (ours.length === 0) continue
    const [noun, color] = level === 'error' ? (['problem', 'red'] as const) : (['warning', 'yellow'] as const)
    lines.push(screen.paint(color, `${plural(ours.length, noun)}:`))
    lines.push(...shown(ours, screen, (finding) => `  ${describeFinding(finding)}`), '')
  }
  return lines
}

/** The most paths that are named of pages that changed alike. */
const MAX_ALIKE = 3

/** Describes what a publish would change: pages, other files, and the number of files with noise only. */
export function describeChanges(
  { pages, files, alike }: Pick<Review, 'pages' | 'files' | 'alike'>,
  screen: Painter
): string[] {
  const lines: string[] = []
  const folded = new Set(alike.flat())
  for (const { op, title, mark, color } of PAGE_GROUPS) {
    const group = pages.filter((page) => page.op === op && page.noise === null && !folded.has(page.path))
    if (op === 'remove') lines.push(...alike.map(describeAlike))
    if (group.length === 0) continue
    lines.push(`${title}: ${plural(group.length, 'page')}, ${formatBytes(sum(group))}`)
    lines.push(
      ...shown(group, screen, (page) => {
        const about = [...aboutPage(page), formatBytes(page.bytes)].join('  ')
        return `  ${screen.paint(color, `${mark} ${printable(page.path)}`)}  ${screen.paint('dim', about)}`
      })
    )
  }
  const others = files.filter(({ noise }) => noise === null)
  for (const [kind, noun] of Object.entries(FILE_NOUNS)) {
    const group = others.filter((file) => file.kind === kind)
    if (group.length === 0) continue
    const count = plural(group.length, noun)
    lines.push(`${count.slice(0, 1).toUpperCase()}${count.slice(1)}: ${formatBytes(sum(group))}`)
    lines.push(
      ...shown(group, screen, ({ op, path, bytes }) => {
        const { mark, color } = PAGE_GROUPS.find((each) => each.op === op) ?? PAGE_GROUPS[1]
        return `  ${screen.paint(color, `${mark} ${printable(path)}`)}  ${screen.paint('dim', formatBytes(bytes))}`
      })
    )
  }
  const noisy = [...pages, ...files].filter(({ noise }) => noise !== null)
  if (noisy.length > 0) lines.push(screen.paint('dim', describeNoise(noisy)))
  return lines
}

function describeAlike(paths: readonly string[]): string {
  const named = paths.slice(0, MAX_ALIKE).map(printable).join(', ')
  return `The same change on ${plural(paths.length, 'page')}: ${named} and ${grouped(paths.length - MAX_ALIKE)} more`
}

function aboutPage({ title, source }: PageChange): string[] {
  return [title && `“${title}”`, source && `(${source})`].flatMap((text) => (text ? [printable(text)] : []))
}

function describeNoise(noisy: readonly (PageChange | FileChange)[]): string {
  const kinds = new Map<string, number>()
  for (const { noise } of noisy) kinds.set(noise ?? '', (kinds.get(noise ?? '') ?? 0) + 1)
  const counted = [...kinds].map(([noise, count]) => `${noise} ${grouped(count)}`).join(', ')
  return `Nothing that a reader sees: ${plural(noisy.length, 'file')} (${counted})`
}

function shown<T>(group: readonly T[], { isTerminal }: Painter, lineOf: (each: T) => string): string[] {
  const listed = isTerminal ? group.slice(0, MAX_ON_TERMINAL) : group
  const hidden = group.length - listed.length
  return [...listed.map(lineOf), ...(hidden > 0 ? [`  … and ${grouped(hidden)} more`] : [])]
}

function sum(changes: readonly Change[]): number {
  return changes.reduce((bytes, change) => bytes + change.bytes, 0)
}
