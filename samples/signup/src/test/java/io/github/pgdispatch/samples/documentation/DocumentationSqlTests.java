package io.github.pgdispatch.samples.documentation;

import java.util.List;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that the SQL in the documentation runs, in the database of the sample. The blocks
 * of a page are run in their order, in a transaction that is rolled back.
 */
@SpringBootTest(classes = DocumentedApplication.class,
		properties = { "signup.story=false", "pgdispatch.worker.enabled=false" })
class DocumentationSqlTests {

	/**
	 * Tested where there is pg_cron, by SetUpsTests, block by block and role by role.
	 */
	private static final String PG_CRON = "docs/pg-cron.md";

	/**
	 * Of the roles that the pages name.
	 */
	private static final List<String> ROLES = List.of("app", "reports");

	private static final String CITUS = "docs/citus.md";

	/**
	 * Citus is not in this build. What that page calls of it is there, with less effect.
	 */
	private static final List<String> CITUS_STAND_INS = List.of(
			"CREATE FUNCTION create_distributed_table(regclass, text) RETURNS void LANGUAGE sql AS ''",
			"CREATE FUNCTION run_command_on_all_nodes(command text) RETURNS void LANGUAGE plpgsql AS 'BEGIN EXECUTE command; END'");

	@Autowired
	private PlatformTransactionManager transactionManager;

	@Autowired
	private JdbcTemplate statements;

	static Stream<Page> pages() {
		return Repository.pages()
			.filter((page) -> !page.path().toString().equals(PG_CRON))
			.filter((page) -> !page.blocks("sql").isEmpty());
	}

	@ParameterizedTest
	@MethodSource("pages")
	void sqlRuns(Page page) {
		new TransactionTemplate(this.transactionManager).executeWithoutResult((status) -> {
			status.setRollbackOnly();
			ROLES.forEach((role) -> this.statements.execute("CREATE ROLE " + role + " LOGIN"));
			if (page.path().toString().equals(CITUS)) {
				CITUS_STAND_INS.forEach(this.statements::execute);
			}
			page.blocks("sql").forEach(this::run);
		});
	}

	private void run(CodeBlock block) {
		try {
			this.statements.execute(block.code());
		}
		catch (RuntimeException ex) {
			throw new AssertionError(block.toString(), ex);
		}
	}

	@ParameterizedTest
	@CsvSource({ "dispatch,docs/sql-or-method.md", "dispatch_handler,docs/sql-or-method.md",
			"set_queue,docs/keys-order-queues.md", "configure,docs/properties.md" })
	void pageHasAllArgumentsOfAFunction(String function, String page) {
		List<String> arguments = this.statements.queryForList("""
				SELECT unnest(proargnames)
				  FROM pg_proc
				 WHERE pronamespace = 'pgdispatch'::regnamespace AND proname = ?""", String.class, function);
		String text = Repository.page(page).text();
		assertThat(arguments).isNotEmpty()
			.allSatisfy((argument) -> assertThat(text).containsPattern("\\b" + argument + "\\b"));
	}

	@Test
	void tableOfVersionsHasTheOneOfTheSchema() {
		String version = this.statements.queryForObject("SELECT pgdispatch.version()", String.class);
		assertThat(Repository.page("docs/installation.md").text()).contains("-SNAPSHOT | " + version + " |");
		assertThat(Repository.page("CHANGELOG.md").text()).contains("schema " + version);
	}

	@Test
	void pageOnPgCronIsTestedWhereThereIsPgCron() {
		assertThat(Repository.sources())
			.anyMatch((source) -> source.contains("class SetUpsPage") && source.contains("\"docs\", \"pg-cron.md\""));
	}

}
