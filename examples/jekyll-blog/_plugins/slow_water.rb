# frozen_string_literal: true

# Feed and meta tags come from two gems that most Jekylls have. Without them the site is built all the same.
module SlowWater
  class Nothing < Liquid::Tag
    def render(_context)
      ""
    end
  end

  class Title < Liquid::Tag
    def render(context)
      title = [context["page"]["title"], context["site"]["title"]].compact.uniq.join(" | ")
      "<title>#{CGI.escapeHTML(title)}</title>"
    end
  end

  { "jekyll-feed" => ["feed_meta", Nothing], "jekyll-seo-tag" => ["seo", Title] }.each do |gem, (tag, instead)|
    require gem
  rescue LoadError
    Liquid::Template.register_tag(tag, instead)
  end
end

# Absolute links, which feeds and meta tags need, lead to where the site is published: its mirror, else the drive itself.
Jekyll::Hooks.register :site, :after_init do |site|
  published = site.config["sitedrive"] || {}
  site.config["url"] ||= (published["mirror"] || published["url"]).to_s.chomp("/")
end

# "Now" is when the newest post was written, so the same sources become the same bytes, today and tomorrow.
Jekyll::Hooks.register :site, :post_read do |site|
  newest = site.posts.docs.map(&:date).max
  site.time = newest if newest
end
