package io.github.pgdispatch;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

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
			.layer("annotation")
			.definedBy(ROOT + ".annotation")
			.layer("driver")
			.definedBy(ROOT + ".driver")
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
			.whereLayer("auto-configuration")
			.mayNotBeAccessedByAnyLayer()
			.whereLayer("annotation")
			.mayOnlyBeAccessedByLayers("auto-configuration")
			.whereLayer("driver")
			.mayOnlyBeAccessedByLayers("auto-configuration")
			.whereLayer("handler")
			.mayOnlyBeAccessedByLayers("auto-configuration", "annotation", "driver")
			.whereLayer("installation")
			.mayOnlyBeAccessedByLayers("auto-configuration")
			.whereLayer("API")
			.mayOnlyBeAccessedByLayers("auto-configuration", "annotation", "driver", "handler", "installation")
			.whereLayer("command")
			.mayOnlyBeAccessedByLayers("API", "annotation")
			.whereLayer("gateway")
			.mayOnlyBeAccessedByLayers("API", "driver")
			.check(this.classes);
	}

	@Test
	void packagesHaveNoCycles() {
		slices().matching(ROOT + ".(*)..").should().beFreeOfCycles().check(this.classes);
	}

	@Test
	void onlyTheAutoConfigurationKnowsSpringBoot() {
		noClasses().that()
			.resideOutsideOfPackage(ROOT + ".autoconfigure")
			.should()
			.dependOnClassesThat()
			.resideInAPackage("org.springframework.boot..")
			.check(this.classes);
	}

	@Test
	void onlyTheGatewayAndTheInstallationTalkToTheDatabase() {
		noClasses().that()
			.resideInAnyPackage(ROOT, ROOT + ".annotation", ROOT + ".driver", ROOT + ".handler", ROOT + ".command",
					ROOT + ".autoconfigure")
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
	void thereIsNoStaticState() {
		fields().that().areStatic().should().haveModifier(JavaModifier.FINAL).check(this.classes);
	}

}
