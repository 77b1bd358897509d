{#-
Checks an input of the project, a var or a part of one. What is wrong is an error when dbt
parses, which names the input, its value, and what to give.

- parts: rules by the name of a part, each the arguments that follow here. The value is a
  dictionary of these, no more and no fewer.
- choices: the value is one of them.
- some_of: the value is a list of some of them, none twice.
- like: the value as text is like this regular expression.
- least, greatest, is_whole: the value is such a number.
- give: what to give, where the rule alone does not say it.
-#}
{% macro check_input(
    name, value, parts=none, choices=none, some_of=none, like=none, least=none,
    greatest=none, is_whole=false, give=none
) -%}
    {%- if parts is not none -%}
        {%- set there = value if value is mapping else {} -%}
        {%- set is_right = value is mapping and there | sort == parts | sort -%}
        {%- set needed = 'each of ' ~ parts | join(', ') ~ ' and nothing else, as in '
            ~ 'dbt_project.yml; it lacks ' ~ (parts | reject('in', there) | join(', ') or 'none')
            ~ ' and does not know ' ~ (there | reject('in', parts) | join(', ') or 'none') -%}
    {%- elif choices is not none -%}
        {%- set is_right = value in choices -%}
        {%- set needed = choices | join(' or ') -%}
    {%- elif some_of is not none -%}
        {%- set is_right = value is sequence and value is not string and value
            and not value | reject('in', some_of) | list
            and value | unique | list | length == value | length -%}
        {%- set needed = 'a list of ' ~ some_of | join(' and ') -%}
    {%- elif like is not none -%}
        {%- set is_right = modules.re.fullmatch(like, value | string) -%}
        {%- set needed = 'what is like ' ~ like -%}
    {%- else -%}
        {%- set is_right = value is number and value is not boolean
            and (value is integer or not is_whole)
            and value >= least and (greatest is none or value <= greatest) -%}
        {%- set needed = ('a whole' if is_whole else 'a') ~ ' number, ' ~ least
            ~ (' or more' if greatest is none else ' to ' ~ greatest) -%}
    {%- endif -%}
    {%- if not is_right -%}
        {{ exceptions.raise_compiler_error(
            "The var " ~ name ~ " is '" ~ value ~ "': give " ~ (give or needed) ~ "."
        ) }}
    {%- endif -%}
    {%- for part, rule in (parts or {}).items() -%}
        {%- do check_input(name ~ '.' ~ part, value[part], **rule) -%}
    {%- endfor -%}
{%- endmacro %}
