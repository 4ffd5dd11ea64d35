package io.github.pgdispatch;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.github.pgdispatch.autoconfigure.PgDispatchTestAutoConfiguration;
import org.junit.jupiter.api.Test;

import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.context.annotation.ImportCandidates;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.simpleNameEndingWith;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that dependencies point downwards only: from the auto-configuration to the API
 * and what serves it, from there to the gateway, and from that to the schema.
 */
class ArchitectureTests {

	private static final String ROOT = "io.github.pgdispatch";

	private final JavaClasses classes = new ClassFileImporter()
		.withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
		.importPackages(ROOT);

	@Test
	void dependenciesPointDownwards() {
		layeredArchitecture().consideringOnlyDependenciesInLayers()
			.layer("auto-configuration")
			.definedBy(ROOT + ".autoconfigure")
			.layer("testing")
			.definedBy(ROOT + ".testing")
			.layer("annotation")
			.definedBy(ROOT + ".annotation")
			.layer("observability")
			.definedBy(ROOT + ".observability")
			.layer("endpoint")
			.definedBy(ROOT + ".endpoint")
			.layer("driver")
			.definedBy(ROOT + ".driver")
			.layer("modulith")
			.definedBy(ROOT + ".modulith")
			.layer("event")
			.definedBy(ROOT + ".event")
			.layer("handler")
			.definedBy(ROOT + ".handler")
			.layer("installation")
			.definedBy(ROOT + ".schema")
			.layer("API")
			.definedBy(ROOT)
			.layer("command")
			.definedBy(ROOT + ".command")
			.layer("gateway")
			.definedBy(ROOT + ".gateway")
			.layer("log")
			.definedBy(ROOT + ".log")
			.whereLayer("auto-configuration")
			.mayNotBeAccessedByAnyLayer()
			.whereLayer("testing")
			.mayOnlyBeAccessedByLayers("auto-configuration")
			.whereLayer("annotation")
			.mayOnlyBeAccessedByLayers("auto-configuration")
			.whereLayer("observability")
			.mayOnlyBeAccessedByLayers("auto-configuration")
			.whereLayer("endpoint")
			.mayOnlyBeAccessedByLayers("auto-configuration")
			.whereLayer("modulith")
			.mayOnlyBeAccessedByLayers("auto-configuration")
			.whereLayer("driver")
			.mayOnlyBeAccessedByLayers("auto-configuration", "observability", "endpoint", "testing")
			.whereLayer("event")
			.mayOnlyBeAccessedByLayers("observability", "driver")
			.whereLayer("handler")
			.mayOnlyBeAccessedByLayers("auto-configuration", "testing", "annotation", "driver", "modulith")
			.whereLayer("installation")
			.mayOnlyBeAccessedByLayers("auto-configuration")
			.whereLayer("API")
			.mayOnlyBeAccessedByLayers("auto-configuration", "testing", "annotation", "observability", "endpoint",
					"driver", "event", "handler", "installation", "modulith")
			.whereLayer("command")
			.mayOnlyBeAccessedByLayers("API", "annotation")
			.whereLayer("gateway")
			.mayOnlyBeAccessedByLayers("API", "driver", "endpoint", "testing")
			.check(this.classes);
	}

	/**
	 * Names and errors that callers and the database have chosen must not forge a line.
	 */
	@Test
	void everyLogMessageIsPutOnOneLine() {
		noClasses().that()
			.resideOutsideOfPackage(ROOT + ".log")
			.should()
			.dependOnClassesThat()
			.resideInAnyPackage("org.apache.commons.logging..", "org.slf4j..")
			.orShould()
			.dependOnClassesThat()
			.haveFullyQualifiedName("java.util.logging.Logger")
			.check(this.classes);
		noClasses().that()
			.resideInAPackage(ROOT + ".log")
			.should()
			.dependOnClassesThat(resideInAPackage(ROOT + "..").and(not(resideInAPackage(ROOT + ".log"))))
			.check(this.classes);
	}

	@Test
	void packagesHaveNoCycles() {
		slices().matching(ROOT + ".(*)..").should().beFreeOfCycles().check(this.classes);
	}

	/**
	 * A health indicator and an endpoint are classes of Spring Boot.
	 */
	@Test
	void onlyTheAutoConfigurationTheHealthIndicatorAndTheEndpointKnowSpringBoot() {
		noClasses().that()
			.resideOutsideOfPackages(ROOT + ".autoconfigure", ROOT + ".endpoint")
			.and()
			.areNotAnnotatedWith(ImportAutoConfiguration.class)
			.and()
			.doNotImplement("org.springframework.boot.health.contributor.HealthIndicator")
			.should()
			.dependOnClassesThat()
			.resideInAPackage("org.springframework.boot..")
			.check(this.classes);
	}

	@Test
	void onlyGatewaysAndTheInstallationTalkToTheDatabase() {
		noClasses().that()
			.resideInAnyPackage(ROOT, ROOT + ".annotation", ROOT + ".driver", ROOT + ".handler", ROOT + ".command",
					ROOT + ".event", ROOT + ".observability", ROOT + ".endpoint", ROOT + ".modulith", ROOT + ".testing",
					ROOT + ".autoconfigure")
			.and(not(gatewaysForTests()))
			.should()
			.dependOnClassesThat()
			.haveFullyQualifiedName("java.sql.Statement")
			.orShould()
			.dependOnClassesThat()
			.haveFullyQualifiedName("java.sql.Connection")
			.orShould()
			.dependOnClassesThat()
			.resideInAPackage("org.springframework.jdbc.core")
			.check(this.classes);
	}

	@Test
	void gatewaysForTestsAreNotPublic() {
		classes().that(gatewaysForTests()).should().bePackagePrivate().check(this.classes);
	}

	private static DescribedPredicate<JavaClass> gatewaysForTests() {
		return resideInAPackage(ROOT + ".testing").and(simpleNameEndingWith("Gateway"));
	}

	@Test
	void onlyMetricsAndObservationsKnowMicrometer() {
		noClasses().that()
			.haveSimpleNameNotEndingWith("Metrics")
			.and()
			.haveSimpleNameNotEndingWith("MetricsConfiguration")
			.and()
			.haveNameNotMatching(".*Observation.*")
			.and()
			.doNotHaveSimpleName("Rows")
			.should()
			.dependOnClassesThat()
			.resideInAPackage("io.micrometer..")
			.check(this.classes);
	}

	/**
	 * Neither AssertJ nor spring-test are on its class path.
	 */
	@Test
	void anApplicationLoadsNothingThatIsForItsTests() {
		noClasses().that()
			.resideOutsideOfPackage(ROOT + ".testing")
			.and()
			.doNotBelongToAnyOf(PgDispatchTestAutoConfiguration.class)
			.should()
			.dependOnClassesThat()
			.resideInAnyPackage(ROOT + ".testing", "org.assertj..", "org.springframework.test..",
					"org.springframework.boot.test..")
			.check(this.classes);
		assertThat(ImportCandidates.load(AutoConfiguration.class, getClass().getClassLoader()))
			.doesNotContain(PgDispatchTestAutoConfiguration.class.getName());
	}

	@Test
	void thereIsNoStaticState() {
		fields().that().areStatic().should().haveModifier(JavaModifier.FINAL).check(this.classes);
	}

}
