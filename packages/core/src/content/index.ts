// Understanding a site's content: what pages and sources say, what a change means to a reader, and what would go wrong.
export { checkSite, type CheckInput } from './check-site.js'
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
} from './contract.js'
export { htmlFacts, MAX_PAGE_BYTES } from './html-facts.js'
export { markdownFacts } from './markdown-facts.js'
export { MAX_SOURCE_BYTES } from './project-files.js'
export { noiseOf } from './noise.js'
export { pageText } from './page-text.js'
export { isPage, pageUrl } from '../page-url.js'
export { secretFindings, type SecretFindingsInput } from '../secrets/secret-findings.js'
export { folderView, type ViewedFile } from './site-view.js'
export { kindOf, summarise, type SummariseInput } from './summarise.js'
