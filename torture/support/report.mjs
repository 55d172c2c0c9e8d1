import { mkdirSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'
import path from 'node:path'

/**
 * Writes what a run measured into a folder: one Markdown file, and the images that it shows.
 *
 * @param {string} dir is made where it is missing
 * @param {string} name of the file, and what the names of the images begin with
 * @param {{ title: string, options: Record<string, string | number>, minutes: string, violations: string[],
 *   sections: { title?: string, table: (string | number)[][], images?: [string, string][] }[] }} run
 *   `table`: its first row is the header; `images`: names and SVG
 */
export function writeReport(dir, name, { title, options, minutes, violations, sections }) {
  mkdirSync(dir, { recursive: true })
  const words = Object.entries(options).map(([option, value]) => `--${option} ${value}`)
  const parts = [
    `# ${title}: the last run`,
    `\`npm run torture -- ${name} ${words.join(' ')}\`, ${minutes} minutes on ${availableParallelism()} cores of ` +
      `${cpus()[0].model.trim()}, Node ${process.versions.node}. Broken promises: ${violations.length}.`
  ]
  for (const section of sections) {
    if (section.title !== undefined) parts.push(`## ${section.title}`)
    parts.push(markdownTable(section.table))
    for (const [image, svg] of section.images ?? []) {
      writeFileSync(path.join(dir, `${name}-${image}.svg`), svg)
      parts.push(`![${image}](${name}-${image}.svg)`)
    }
  }
  writeFileSync(path.join(dir, `${name}.md`), `${parts.join('\n\n')}\n`)
}

function markdownTable([header, ...rows]) {
  const line = (cells) => `| ${cells.join(' | ')} |`
  return [
    line(header),
    line(header.map((_, at) => (at === 0 ? '---' : '---:'))),
    ...rows.map((row) => line(row))
  ].join('\n')
}
