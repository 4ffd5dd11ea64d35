package io.github.pgdispatch.autoconfigure;

import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Method;
import java.lang.reflect.Parameter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;

import org.springframework.beans.BeanUtils;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.annotation.AnnotatedBeanDefinition;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.beans.factory.config.RuntimeBeanReference;
import org.springframework.beans.factory.support.AbstractBeanDefinition;
import org.springframework.beans.factory.support.AutowireCandidateQualifier;
import org.springframework.beans.factory.support.BeanDefinitionRegistry;
import org.springframework.beans.factory.support.RootBeanDefinition;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.ImportBeanDefinitionRegistrar;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.core.annotation.MergedAnnotation;
import org.springframework.core.annotation.MergedAnnotations;
import org.springframework.core.env.Environment;
import org.springframework.core.type.AnnotationMetadata;
import org.springframework.core.type.MethodMetadata;
import org.springframework.util.Assert;
import org.springframework.util.ClassUtils;

/**
 * Gives each database its beans if several are marked with {@link PgDispatchDataSource}.
 * Each definition of a bean {@linkplain ForEachDatabase for each database} is replaced by
 * a copy for each of them that matches its {@linkplain DatabaseCondition conditions},
 * which refers to the other copies for the same database. The name of a copy begins with
 * the name of the {@code DataSource}, which is its qualifier, too. The other conditions
 * of the definitions have been evaluated before.
 */
final class DatabaseBeans implements ImportBeanDefinitionRegistrar {

	private static final String DATABASE = DatabaseBeans.class.getName() + ".database";

	private final Environment environment;

	DatabaseBeans(Environment environment) {
		this.environment = environment;
	}

	@Override
	public void registerBeanDefinitions(AnnotationMetadata importing, BeanDefinitionRegistry registry) {
		Assert.isInstanceOf(ConfigurableListableBeanFactory.class, registry);
		List<Database> databases = Database.all((ConfigurableListableBeanFactory) registry, this.environment);
		List<String> names = databases.stream().map(Database::bean).filter(Objects::nonNull).toList();
		DatabaseProperties.requireKnown(this.environment, names);
		replaceSelected(databases, registry);
		if (databases.size() > 1) {
			Map<String, Method> methods = methods(registry);
			databases.forEach((database) -> addCopies(database, methods, registry));
			methods.forEach((name, method) -> replaceOriginal(name, method, names, registry));
		}
	}

	/**
	 * Returns the name of the bean of one of several databases.
	 */
	static String beanName(String database, String bean) {
		return database + "." + bean;
	}

	/**
	 * Returns the beans of a type in their order, without those of other databases.
	 */
	static <T> List<T> ownBeans(Class<T> type, SelectedDataSource own, ListableBeanFactory beanFactory) {
		List<String> others = beanFactory.getBeanProvider(SelectedDataSource.class)
			.stream()
			.map(SelectedDataSource::database)
			.filter((database) -> !Objects.equals(database, own.database()))
			.map((database) -> beanName(String.valueOf(database), ""))
			.toList();
		Set<T> ofOthers = Collections.newSetFromMap(new IdentityHashMap<>());
		beanFactory.getBeansOfType(type).forEach((name, bean) -> {
			if (others.stream().anyMatch(name::startsWith)) {
				ofOthers.add(bean);
			}
		});
		return beanFactory.getBeanProvider(type).orderedStream().filter((bean) -> !ofOthers.contains(bean)).toList();
	}

	private static void replaceSelected(List<Database> databases, BeanDefinitionRegistry registry) {
		String selected = SelectedDataSource.class.getName();
		if (!registry.containsBeanDefinition(selected)
				|| registry.getBeanDefinition(selected).getFactoryMethodName() != null) {
			return;
		}
		String only = databases.get(0).bean();
		if (databases.size() > 1) {
			registry.removeBeanDefinition(selected);
			for (Database database : databases) {
				String name = String.valueOf(database.bean());
				register(name, selected, made(SelectedDataSource.class, database.tenants() ? "ofTenants" : "of", name,
						new RuntimeBeanReference(name)), registry);
			}
		}
		else if (only != null) {
			registry.removeBeanDefinition(selected);
			registry.registerBeanDefinition(selected, made(SelectedDataSource.class, "only", only));
		}
	}

	/**
	 * Returns the methods of beans for each database by the names of the beans.
	 */
	private static Map<String, Method> methods(BeanDefinitionRegistry registry) {
		Map<String, Method> methods = new LinkedHashMap<>();
		for (String name : registry.getBeanDefinitionNames()) {
			BeanDefinition definition = registry.getBeanDefinition(name);
			MethodMetadata method = (definition instanceof AnnotatedBeanDefinition annotated
					&& !definition.hasAttribute(DATABASE)) ? annotated.getFactoryMethodMetadata() : null;
			if (method != null && method.isAnnotated(ForEachDatabase.class.getName())) {
				methods.put(name, method(method));
			}
		}
		return methods;
	}

	private static Method method(MethodMetadata metadata) {
		Class<?> type = ClassUtils.resolveClassName(metadata.getDeclaringClassName(),
				DatabaseBeans.class.getClassLoader());
		return Arrays.stream(type.getDeclaredMethods())
			.filter((method) -> method.getName().equals(metadata.getMethodName()))
			.findFirst()
			.orElseThrow();
	}

	private static void addCopies(Database matching, Map<String, Method> methods, BeanDefinitionRegistry registry) {
		String database = String.valueOf(matching.bean());
		Map<RootBeanDefinition, Method> copies = new LinkedHashMap<>();
		methods.forEach((name, method) -> {
			if (!conditions(method).allMatch((condition) -> condition.matches(matching))) {
				return;
			}
			RootBeanDefinition copy = ((RootBeanDefinition) registry.getBeanDefinition(name)).cloneBeanDefinition();
			copy.setResolvedFactoryMethod(method);
			copies.put(copy, method);
			register(database, name, copy, registry);
		});
		copies.forEach((copy, method) -> {
			Parameter[] parameters = method.getParameters();
			for (int i = 0; i < parameters.length; i++) {
				String reference = reference(database, parameters[i], registry);
				if (reference != null) {
					copy.getConstructorArgumentValues().addIndexedArgumentValue(i, new RuntimeBeanReference(reference));
				}
			}
		});
	}

	/**
	 * Returns the conditions on a database of a method and its class.
	 */
	private static Stream<DatabaseCondition> conditions(Method method) {
		List<AnnotatedElement> elements = new ArrayList<>(List.of(method));
		for (Class<?> type = method.getDeclaringClass(); type != null; type = type.getEnclosingClass()) {
			elements.add(type);
		}
		return elements.stream()
			.flatMap((element) -> MergedAnnotations.from(element).stream(Conditional.class))
			.flatMap((conditional) -> Stream.of(conditional.getClassArray(MergedAnnotation.VALUE)))
			.filter(DatabaseCondition.class::isAssignableFrom)
			.map((condition) -> (DatabaseCondition) BeanUtils.instantiateClass(condition));
	}

	private static void register(String database, String name, RootBeanDefinition definition,
			BeanDefinitionRegistry registry) {
		definition.setAttribute(DATABASE, database);
		definition.addQualifier(new AutowireCandidateQualifier(Qualifier.class, database));
		registry.registerBeanDefinition(beanName(database, name), definition);
	}

	/**
	 * Returns the name of the bean of the same database that a parameter takes. Its type
	 * may be an interface of several beans, of which it names one then.
	 */
	private static @Nullable String reference(String database, Parameter parameter, BeanDefinitionRegistry registry) {
		Qualifier named = AnnotatedElementUtils.getMergedAnnotation(parameter, Qualifier.class);
		if (named != null) {
			String name = beanName(database, named.value());
			return registry.containsBeanDefinition(name) ? name : null;
		}
		return Arrays.stream(registry.getBeanDefinitionNames())
			.filter((name) -> registry.getBeanDefinition(name) instanceof RootBeanDefinition definition
					&& database.equals(definition.getAttribute(DATABASE))
					&& parameter.getType().isAssignableFrom(type(definition)))
			.findFirst()
			.orElse(null);
	}

	private static Class<?> type(RootBeanDefinition definition) {
		Method method = definition.getResolvedFactoryMethod();
		return (method != null) ? method.getReturnType() : definition.getBeanClass();
	}

	private static void replaceOriginal(String name, Method method, List<String> databases,
			BeanDefinitionRegistry registry) {
		registry.removeBeanDefinition(name);
		ForEachDatabase annotation = AnnotatedElementUtils.getMergedAnnotation(method, ForEachDatabase.class);
		if (annotation != null && !annotation.current().isEmpty()) {
			RootBeanDefinition current = made(CurrentDatabase.class, annotation.current(), name,
					databases.toArray(String[]::new));
			current.setPrimary(true);
			registry.registerBeanDefinition(name, current);
		}
	}

	/**
	 * Returns the definition of a bean that a static method makes. The other arguments of
	 * the method are other beans.
	 */
	private static RootBeanDefinition made(Class<?> type, String method, Object... arguments) {
		RootBeanDefinition definition = new RootBeanDefinition(type);
		definition.setFactoryMethodName(method);
		definition.setAutowireMode(AbstractBeanDefinition.AUTOWIRE_CONSTRUCTOR);
		for (int i = 0; i < arguments.length; i++) {
			definition.getConstructorArgumentValues().addIndexedArgumentValue(i, arguments[i]);
		}
		return definition;
	}

}
