import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import rehypeStringify from 'rehype-stringify'
import remarkFrontmatter from 'remark-frontmatter'
import remarkParse from 'remark-parse'
import remarkRehype from 'remark-rehype'
import { unified } from 'unified'
import { parse } from 'yaml'

export interface Note {
  slug: string
  title: string
  summary: string
  /** Day of publication, `2026-03-14`. */
  date: string
  image: string
  alt: string
  html: string
}

const processor = unified().use(remarkParse).use(remarkFrontmatter).use(remarkRehype).use(rehypeStringify)

/** The notes of a folder, newest first. */
export function readNotes(dir: string): Note[] {
  return readdirSync(dir)
    .filter((name) => name.endsWith('.md'))
    .map((name) => readNote(path.join(dir, name)))
    .toSorted((a, b) => b.date.localeCompare(a.date))
}

export function renderFile(file: string): string {
  return String(processor.processSync(readFileSync(file, 'utf8')))
}

function readNote(file: string): Note {
  const source = readFileSync(file, 'utf8')
  const tree = processor.parse(source)
  const [matter] = tree.children
  const fields = (matter?.type === 'yaml' ? parse(matter.value) : {}) as Record<string, string>
  const field = (name: string): string => {
    const value = fields[name]
    if (typeof value !== 'string') throw new Error(`${file}: the front matter has no \`${name}\``)
    return value
  }
  return {
    slug: path.basename(file, '.md'),
    title: field('title'),
    summary: field('summary'),
    date: field('date'),
    image: field('image'),
    alt: field('alt'),
    html: processor.stringify(processor.runSync(tree))
  }
}
