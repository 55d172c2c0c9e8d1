/**
 * Says what is wrong with a `base` for a site that is shown at the root of its own origin.
 *
 * @returns null when links work there
 */
export function describeBase(base: string): string | null {
  if (base === '/' || base === './' || base === '') return null
  const isElsewhere = /^([a-z][a-z0-9+.-]*:)?\/\//i.test(base)
  const why = isElsewhere
    ? `the pages of this build fetch their scripts, styles and images from \`${base}\`, not from the site`
    : `the links of this build work below \`${base}\` only, and a site is shown at the root of its own origin`
  return `With \`base: '${base}'\` ${why}. Set \`base\` to '/', or to './' for a build that works anywhere.`
}
