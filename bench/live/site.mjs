/** Milliseconds since 1970 with fractions, the same clock in every process of this machine. */
export const now = () => performance.timeOrigin + performance.now()

/** A page of about 14 KB. */
export function page(name, text) {
  const paragraph = `<p>Paragraph of ${name}. ${'Words that stand for words. '.repeat(18)}</p>\n`
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>${name}</title><link rel="icon" href="data:,"></head>
<body><h1 id="text">${text}</h1>
${paragraph.repeat(26)}</body>
</html>
`
}
