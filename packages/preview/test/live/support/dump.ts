import type { Page } from '@sitedrive/testing'

/**
 * All of a document, as text: what it is, and its tree with what `outerHTML` leaves out. Attributes are sorted: they have
 * no order, and one that is added later comes last.
 */
export function dump(page: Page): Promise<string> {
  return page.evaluate(DUMP)
}

// As text, because it runs in the page.
const DUMP = `(() => {
  const lines = [document.compatMode, document.doctype ? new XMLSerializer().serializeToString(document.doctype) : '']
  // Fields of a form hide its own properties of the same name.
  const own = (type, name) => (node) => Object.getOwnPropertyDescriptor(type.prototype, name).get.call(node)
  const [nameOf, childrenOf, attributesOf] = [own(Node, 'nodeName'), own(Node, 'childNodes'), own(Element, 'attributes')]
  const write = (node, indent) => {
    const inner = indent + ' '
    if (node.nodeType === 1) {
      const attributes = Array.from(attributesOf(node), ({ namespaceURI, name, value }) =>
        JSON.stringify([namespaceURI, name, value]))
      lines.push(indent + '<' + node.namespaceURI + ' ' + nameOf(node) + ' ' + attributes.sort().join(' '))
      if (node.shadowRoot) lines.push(inner + '#shadow'), node.shadowRoot.childNodes.forEach((each) => write(each, inner))
      if (node instanceof HTMLTemplateElement) lines.push(inner + '#content'), node.content.childNodes.forEach((each) => write(each, inner))
      childrenOf(node).forEach((each) => write(each, inner))
    } else lines.push(indent + nameOf(node) + JSON.stringify(node.nodeValue))
  }
  write(document.documentElement, '')
  return lines.join('\\n')
})()`
