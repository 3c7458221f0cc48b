"""Statements the local warehouse answers "executed successfully" and otherwise ignores.

Nothing is created, enforced or checked, and typing mistakes pass: success here is no proof that Snowflake accepts the
statement. What dbt, schemachange and our migrations send is here because they must run unchanged.
"""

OBJECTS_WITHOUT_MEANING = (
    r"warehouse|role|user|database\s+role|resource\s+monitor|network\s+(policy|rule)|\w+\s+(access\s+)?integration|"
    r"task|stream|masking\s+policy|row\s+access\s+policy|projection\s+policy|aggregation\s+policy|"
    r"authentication\s+policy|session\s+policy|alert|share|replication\s+group|failover\s+group|streamlit|"
    r"git\s+repository|compute\s+pool|service|image\s+repository|secret|account|cortex\s+search\s+service|"
    r"semantic\s+view|procedure|external\s+function|event\s+table"
)
_A_TABLE = r"alter\s+(table|view)\s+(if\s+exists\s+)?\S+\s+"
# dbt puts a query comment in front, migrations a header. Atomic: no end of a comment is looked for behind the first.
_LEADING_COMMENTS = r"(?s)^\s*(?>(/\*.*?\*/\s*|--[^\n]*\n\s*)*)"

PATTERNS = [
    _LEADING_COMMENTS + pattern
    for pattern in (
        r"grant\b",
        r"revoke\b",
        r"use\s+secondary\b",
        rf"(create|alter|drop)\s+(or\s+replace\s+)?({OBJECTS_WITHOUT_MEANING})\b",
        r"alter\s+(pipe|stage|database|schema)\b(?!.*\brename\b)",
        r"alter\s+session\s+(un)?set\s+(?!autocommit|quoted)",
        r"execute\s+task\b",
        _A_TABLE + r"(modify|alter)\s+(column\s+)?\S+\s+(un)?set\s+masking\b",
        _A_TABLE + r"(add|drop)\s+row\s+access\s+policy\b",
        _A_TABLE + r"add\s+search\s+optimization\b",
        _A_TABLE + r"(un)?set\s+(data_retention|change_tracking|secure)",
        _A_TABLE + r"(suspend|resume)\s+recluster\b",
        r"remove\s+@",
        r"comment\s+(if\s+exists\s+)?on\s+(column|schema|database|warehouse|role|pipe|stage|file\s+format|integration)\b",
        _A_TABLE + r"(alter|modify)\s+(column\s+)?\S+\s+comment\b",
    )
]
