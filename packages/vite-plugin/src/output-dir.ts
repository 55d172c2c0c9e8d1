import path from 'node:path'

/**
 * What a person can do where only they know when the last file is written.
 *
 * @param dir where the pages will be; null: only a person knows
 */
export function linePublishing(dir: string | null): string {
  const line = `Publish when all is there, by this line among the \`scripts\` of package.json: "postbuild": "sitedrive publish ${dir ?? '<folder>'}"`
  return dir === null ? `${line}, where <folder> is the one that then has all pages.` : line
}

/**
 * What a dev server says whose pages are not what its build writes.
 *
 * @param dir what the build writes to; null: it is not known
 */
export function noLivePreview(framework: string, dir: string | null): string {
  return (
    `The dev server of ${framework} has no live preview. ` +
    `\`npx sitedrive watch ${dir ?? '<folder of the build>'}\` shows each build, live and on any machine.`
  )
}

/** True when `inner` is `outer` or lies in it. */
export function isInside(inner: string, outer: string): boolean {
  const relative = path.relative(outer, inner)
  return relative !== '..' && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative)
}
