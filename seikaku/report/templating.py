"""How HTML is made of templates, everywhere: what is put in is escaped, and a name that is unknown is an error.

In: a package with a folder ``templates``. Out: its templates. No effects but reading them.
"""

from jinja2 import Environment, PackageLoader, StrictUndefined


def open_templates(package: str) -> Environment:
    """The HTML templates of ``package``."""
    return Environment(
        loader=PackageLoader(package),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
