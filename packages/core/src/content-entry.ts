// Understanding a site's content: what pages and sources say, what a change means to a reader, and what would go wrong.
export { checkSite, type CheckInput } from './content/check-site.js'
export type {
  Check,
  FileChange,
  Finding,
  HtmlFacts,
  MarkdownFacts,
  Noise,
  PageChange,
  PageProblem,
  Reference,
  ServerForm,
  SiteFile,
  SiteView,
  Sources,
  Summary
} from './content/content-types.js'
export { htmlFacts, MAX_PAGE_BYTES } from './content/html-facts.js'
export { leftOutOf, type WhyLeftOut } from './content/left-out-files.js'
export { markdownFacts } from './content/markdown-facts.js'
export { MAX_SOURCE_BYTES } from './content/project-files.js'
export { noiseOf } from './content/classify-noise.js'
export { pageText } from './content/page-text.js'
export { isPage, pageUrl } from './folder/page-url.js'
export { secretFindings, type SecretFindingsInput } from './secrets/secret-findings.js'
export { folderView, type ViewedFile } from './content/site-view.js'
export { kindOf, summarise, type SummariseInput } from './content/summarise.js'
