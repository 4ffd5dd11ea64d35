package io.github.pgdispatch.test;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

import io.github.pgdispatch.test.SqlTokens.Kind;

/**
 * What PostgreSQL would look up in the schemas of the search path: operators without
 * {@code OPERATOR(pg_catalog.x)}, key words that stand for such operators, and functions,
 * types and relations without a schema. A stranger could define what is found.
 */
public final class UnqualifiedNames {

	private static final Set<String> SCHEMAS = Set.of("pg_catalog", "pgdispatch", "cron");

	private static final Set<String> OPERATOR_KEYWORDS = Set.of("between", "like", "ilike", "similar", "nullif",
			"natural", "overlaps");

	/**
	 * What may come before a parenthesis and is not the name of a function.
	 */
	private static final Set<String> KEYWORDS = Set
		.of(("all and any array as by call case check coalesce conflict else "
				+ "elsif except execute exists exit extract filter from greatest having if in intersect into key lateral least limit loop "
				+ "materialized not offset on operator or over perform range return returning row select set then union unique using "
				+ "values when where while with")
			.split(" "));

	/**
	 * The types that PostgreSQL's grammar itself finds in pg_catalog.
	 */
	private static final Set<String> TYPES_OF_THE_GRAMMAR = Set.of("bigint", "boolean", "double", "integer", "interval",
			"smallint");

	private static final Set<String> BEFORE_A_SIGN = Set.of("(", ",", "[", ":=", "=>", ")", "return", "then", "else",
			"when", "select");

	private static final Set<String> BEFORE_A_STAR = Set.of("(", ".", "select", "returning", "unlisten");

	private static final Pattern STATEMENT = Pattern
		.compile("(?is)'\\s*(?:SELECT|INSERT|UPDATE|DELETE|WITH|CALL)\\b.*");

	private final SqlTokens tokens;

	private final List<String> found = new ArrayList<>();

	private UnqualifiedNames(SqlTokens tokens) {
		this.tokens = tokens;
	}

	/**
	 * Finds the unqualified names in the body of a function, or in a statement.
	 * @param source the text
	 * @return each of them, with the text around it
	 */
	public static List<String> in(String source) {
		return new UnqualifiedNames(new SqlTokens(source)).find(true);
	}

	/**
	 * Finds the unqualified names in statements that define tables, whose types may be
	 * unqualified.
	 * @param source the text
	 * @return each of them, with the text around it
	 */
	public static List<String> inDefinitions(String source) {
		return new UnqualifiedNames(new SqlTokens(source)).find(false);
	}

	private List<String> find(boolean types) {
		for (int i = 0; i < this.tokens.size(); i++) {
			if (isUnqualifiedOperator(i) || isOperatorKeyword(i) || isUnqualifiedCall(i)
					|| (types && (isUnqualifiedType(i) || isUnqualifiedRelation(i)))) {
				this.found.add("%s in: %s".formatted(text(i), this.tokens.around(i)));
			}
			if (types && this.tokens.is(i, Kind.STRING) && STATEMENT.matcher(text(i)).matches()) {
				String statement = text(i).substring(1, text(i).length() - 1).replaceAll("%[IsL]", "x");
				this.found.addAll(in(statement.replace("''", "'")));
			}
		}
		return this.found;
	}

	private String text(int index) {
		return this.tokens.text(index);
	}

	private boolean isUnqualifiedOperator(int i) {
		if (!this.tokens.is(i, Kind.OPERATOR)) {
			return false;
		}
		boolean qualified = text(i - 4).equals("operator") && text(i - 2).equals("pg_catalog")
				&& text(i + 1).equals(")");
		boolean sign = text(i).equals("-") && this.tokens.is(i + 1, Kind.NUMBER) && BEFORE_A_SIGN.contains(text(i - 1));
		boolean star = text(i).equals("*") && BEFORE_A_STAR.contains(text(i - 1));
		return !qualified && !sign && !star && !(text(i).equals("=") && isAssignment(i));
	}

	/**
	 * Whether an equals sign belongs to a list of assignments, as in UPDATE, GET
	 * DIAGNOSTICS, RAISE, or the storage parameters of a table.
	 */
	private boolean isAssignment(int i) {
		int start = i - 1;
		while (text(start - 1).equals(".")) {
			start -= 2;
		}
		return switch (clause(i)) {
			case "set", "diagnostics" -> Set.of(clause(i), ",").contains(text(start - 1));
			case "using" -> Set.of("using", ",").contains(text(start - 1));
			case "with (" -> Set.of("(", ",").contains(text(start - 1));
			default -> false;
		};
	}

	/**
	 * Returns the key word that begins the clause of a token, with parentheses and CASE
	 * expressions before the token left out.
	 */
	private String clause(int index) {
		int depth = 0;
		for (int i = index - 1; i >= 0; i--) {
			switch (text(i)) {
				case ")", "]", "end" -> depth++;
				case "case" -> depth--;
				case "(", "[" -> {
					if (depth == 0) {
						return text(i - 1) + " (";
					}
					depth--;
				}
				case "set", "diagnostics", "using", "select", "where", "from", "on", "returning", "values", "perform",
						"if", "elsif", "return", "then", "else", "when", ";", ":=" -> {
					if (depth == 0) {
						return text(i);
					}
				}
				default -> {
				}
			}
		}
		return "";
	}

	private boolean isOperatorKeyword(int i) {
		if (!this.tokens.is(i, Kind.WORD) || text(i - 1).equals(".")) {
			return false;
		}
		return switch (text(i)) {
			case "in" ->
				!Set.of("for", "foreach").contains(text(i - 2)) && !text(i + 1).matches("share|exclusive|schema");
			case "case" -> !text(i + 1).equals("when") && !text(i - 1).equals("end");
			case "distinct" -> text(i + 1).equals("from");
			case "using" -> text(i + 1).equals("(") && text(i - 2).equals("join");
			default -> OPERATOR_KEYWORDS.contains(text(i));
		};
	}

	private boolean isUnqualifiedCall(int i) {
		if (!this.tokens.is(i, Kind.WORD) || !text(i + 1).equals("(") || KEYWORDS.contains(text(i))) {
			return false;
		}
		if (text(i - 1).equals(".")) {
			return !SCHEMAS.contains(text(i - 2));
		}
		// An alias with columns, or the name of a query in WITH.
		return !Set.of("as", "with").contains(text(i - 1));
	}

	private boolean isUnqualifiedType(int i) {
		boolean cast = text(i - 1).equals("::");
		boolean declared = isInDeclarations(i) && this.tokens.is(i, Kind.WORD) && !text(i).equals("constant")
				&& (text(i - 1).equals("constant") || Set.of("declare", ";").contains(text(i - 2)));
		return (cast || declared) && !text(i + 1).equals(".") && !TYPES_OF_THE_GRAMMAR.contains(text(i));
	}

	private boolean isInDeclarations(int index) {
		for (int i = index - 1; i >= 0; i--) {
			if (text(i).equals("declare")) {
				return true;
			}
			if (text(i).equals("begin")) {
				return false;
			}
		}
		return false;
	}

	private boolean isUnqualifiedRelation(int i) {
		boolean named = switch (text(i - 1)) {
			case "from" -> !text(i - 2).equals("distinct") && !text(i - 4).equals("extract");
			case "join" -> true;
			case "into" -> text(i - 2).equals("insert");
			case "update" -> !Set.of("for", "do").contains(text(i - 2));
			default -> false;
		};
		return named && this.tokens.is(i, Kind.WORD) && !Set.of("lateral", "public").contains(text(i))
				&& !text(i + 1).equals(".") && !isQuery(text(i));
	}

	/**
	 * Whether WITH gives the name to a query.
	 */
	private boolean isQuery(String name) {
		for (int i = 0; i < this.tokens.size(); i++) {
			if (text(i).equals(name) && Set.of("with", ",").contains(text(i - 1)) && text(i + 1).equals("as")
					&& Set.of("(", "materialized").contains(text(i + 2))) {
				return true;
			}
		}
		return false;
	}

}
