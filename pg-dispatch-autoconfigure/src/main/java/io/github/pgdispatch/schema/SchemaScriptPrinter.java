package io.github.pgdispatch.schema;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/**
 * Prints the SQL that installs the schema {@code pgdispatch} where there is none, for
 * administrators who do that themselves: {@code java -jar pg-dispatch-autoconfigure.jar}.
 * Run it in one transaction, as the role that is to own the schema, and let the
 * application's role use it: {@code CALL pgdispatch.grant_to('app')}.
 */
public final class SchemaScriptPrinter {

	private SchemaScriptPrinter() {
	}

	/**
	 * Prints the SQL to the standard output, in UTF-8.
	 * @param args not used
	 */
	public static void main(String[] args) {
		PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
		SchemaScripts.ofThisLibrary().from(null).forEach((script) -> out.print(script.sql()));
		out.flush();
	}

}
