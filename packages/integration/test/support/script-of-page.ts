import { readFileSync } from 'node:fs'

const PAGE = new URL('../../../../docs/write-an-integration.md', import.meta.url)

/** A script as it stands in docs/write-an-integration.md. @param name stands behind the language of its block */
export function scriptOfPage(name: string): string {
  const page = readFileSync(PAGE, 'utf8')
  const [, script] =
    page.match(new RegExp(`^\`\`\`js ${name.replaceAll('.', '\\.')}\\n([^]*?)^\`\`\`$`, 'm')) ?? []
  if (script === undefined) throw new Error(`docs/write-an-integration.md has no script ${name}`)
  return script
}
