package io.github.pgdispatch.samples.documentation;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
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

	/**
	 * Tested beside those tools, by MigrationPage.
	 */
	private static final Path MIGRATING = Path.of("docs", "migrating");

	/**
	 * What is not in this build, and what pages call of it, with less effect.
	 */
	private static final Map<String, List<String>> STAND_INS = Map.of("docs/citus.md", List.of(
			"CREATE FUNCTION create_distributed_table(regclass, text) RETURNS void LANGUAGE sql AS ''",
			"CREATE FUNCTION run_command_on_all_nodes(command text) RETURNS void LANGUAGE plpgsql AS 'BEGIN EXECUTE command; END'"),
			"docs/migrating/from-pg-dispatch-0.1.md", List.of("CREATE SCHEMA cron",
					"CREATE TABLE cron.job (jobid bigint, username text, schedule text, command text)"));

	@Autowired
	private PlatformTransactionManager transactionManager;

	@Autowired
	private JdbcTemplate statements;

	static Stream<Page> pages() {
		return Repository.pages()
			.filter((page) -> !page.path().toString().equals(PG_CRON))
			.filter((page) -> !page.path().startsWith(MIGRATING) || STAND_INS.containsKey(page.path().toString()))
			.filter((page) -> !page.blocks("sql").isEmpty());
	}

	@ParameterizedTest
	@MethodSource("pages")
	void sqlRuns(Page page) {
		new TransactionTemplate(this.transactionManager).executeWithoutResult((status) -> {
			status.setRollbackOnly();
			ROLES.forEach((role) -> this.statements.execute("CREATE ROLE " + role + " LOGIN"));
			STAND_INS.getOrDefault(page.path().toString(), List.of()).forEach(this.statements::execute);
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
	void pagesOnMigratingAreTestedBesideTheOtherTools() {
		List<String> sources = Repository.sources();
		assertThat(Repository.pages()
			.filter((page) -> page.path().startsWith(MIGRATING) && !page.blocks("sql").isEmpty())
			.filter((page) -> !STAND_INS.containsKey(page.path().toString()))).hasSizeGreaterThan(3)
			.allSatisfy((page) -> assertThat(sources)
				.anyMatch((source) -> source.contains("new MigrationPage(\"" + page.path().getFileName() + "\")")));
	}

	@Test
	void pageOnPgCronIsTestedWhereThereIsPgCron() {
		assertThat(Repository.sources())
			.anyMatch((source) -> source.contains("class SetUpsPage") && source.contains("\"docs\", \"pg-cron.md\""));
	}

}
