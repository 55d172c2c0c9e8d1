// What a page is called. Apart from the other understanding of content, because it loads little.
export { pageHead } from './content/html-facts.js'
